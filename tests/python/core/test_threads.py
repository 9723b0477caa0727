"""Holds tests of several threads: tensors are made in one and used in others; nothing crashes or deadlocks."""

import queue
import threading

import pytest
from conversion import assert_same
from subprocesses import run

import flashlight as fl


def in_thread(function, *args):
    """What a call in another thread gives."""
    answers = queue.Queue()

    def work():
        try:
            answers.put((function(*args), None))
        except BaseException as error:
            answers.put((None, error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    value, error = answers.get_nowait()
    if error is not None:
        raise error
    return value


def test_lazy_results_of_another_thread_are_computed_here():
    x = in_thread(lambda: (fl.arange(10.0) * 2).sum())
    assert x.item() == 90
    y = fl.arange(4.0) + 1
    assert in_thread(y.tolist) == [1, 2, 3, 4]
    assert in_thread(lambda: float((y * x).sum())) == 900


def test_backward_of_another_threads_graph():
    x = fl.arange(3.0).requires_grad_()

    def build():
        return (x * x).sum()

    in_thread(build).backward()
    loss = build()
    in_thread(loss.backward)
    assert x.grad.tolist() == [0, 4, 8]


def test_hooks_run_where_backward_was_called():
    x = fl.ones(2, requires_grad=True)
    names = []
    x.register_hook(lambda grad: names.append(threading.current_thread().name))
    (x * 2).sum().backward()
    loss = (x * 2).sum()
    in_thread(loss.backward)
    assert names[0] == threading.current_thread().name != names[1]


def test_recording_is_switched_for_each_thread():
    with fl.no_grad():
        assert in_thread(fl.is_grad_enabled)
        x = in_thread(lambda: fl.ones(2, requires_grad=True) * 2)
        assert x.requires_grad
        assert not (x * 2).requires_grad


def test_errors_of_another_thread_arrive():
    with pytest.raises(RuntimeError, match=r"inner dimensions|mat1|shape"):
        in_thread(lambda: fl.ones(2, 3) @ fl.ones(2, 3))


def test_an_abandoned_thread_leaves_its_tensors():
    made = []
    for _ in range(20):
        in_thread(lambda: made.append(fl.rand(100).sum() * 0 + len(made)))
    assert [int(t) for t in made] == list(range(20))


def test_threads_that_write_their_own_rows():
    shared = fl.zeros(8, 50)
    gate = threading.Barrier(8)
    lock = threading.Lock()

    def work(i):
        gate.wait()
        for step in range(50):
            with lock:
                shared[i, step] = float(i + step)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert_same(shared, fl.arange(8.0).view(8, 1) + fl.arange(50.0))


def test_eight_threads_hammer_shared_tensors():
    out = run(
        """
        import random
        shared = [fl.rand(16, 16) for _ in range(4)]
        leaf = fl.rand(16, 16).requires_grad_()
        base = fl.zeros(32, 16)
        views = [base[i * 4:(i + 1) * 4] for i in range(8)]
        stop = time.monotonic() + 6
        failures, rounds = [], [0] * 8

        def hammer(i):
            draw = random.Random(i)
            try:
                while time.monotonic() < stop:
                    a, b = draw.choice(shared), draw.choice(shared)
                    kind = draw.randrange(9)
                    if kind == 0:
                        a.mul_(0.5).add_(b)
                    elif kind == 1:
                        (a @ leaf).tanh().sum().backward()
                    elif kind == 2:
                        shared[draw.randrange(4)] = (a + b).clamp(-1, 1)
                    elif kind == 3:
                        a.numpy(), float(b.mean()), repr(a[:2])
                    elif kind == 4:
                        views[i].add_(1); base.sum().item(); views[draw.randrange(8)].tolist()
                    elif kind == 5:
                        handle = leaf.register_hook(lambda grad: None); (leaf * 2).sum().backward(); handle.remove()
                    elif kind == 6:
                        leaf.grad = None; fl.manual_seed(i); fl.randn(50).tolist()
                    elif kind == 7:
                        x = a.clone().requires_grad_()
                        y = x
                        for _ in range(20):
                            y = (y * 1.01).relu()
                        fl.autograd.grad(y.sum(), x, create_graph=True)
                    else:
                        gc.collect(0)
                    rounds[i] += 1
            except Exception as error:
                failures.append(repr(error))

        threads = [threading.Thread(target=hammer, args=(i,)) for i in range(8)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        print(failures, min(rounds) > 3)
        """
    )
    assert out.split() == ["[]", "True"]


def test_the_interpreter_ends_while_threads_compute():
    run(
        """
        def work():
            x = fl.rand(300, 300)
            while True:
                x = (x @ x).softmax(-1)
                x.sum().item()

        for _ in range(3):
            threading.Thread(target=work, daemon=True).start()
        time.sleep(1)
        """
    )
