"""Holds tests of processes: forks, workers, interruptions, and memory over long loops."""

import signal
import time

import pytest
from subprocesses import finish, run, start

TRAIN = """
def train(seed=0):
    x = fl.linspace(-1, 1, 40).view(10, 4)
    w = fl.full((4, 3), 0.5 + seed).requires_grad_()
    for _ in range(5):
        loss = (x @ w).tanh().pow(2).sum()
        loss.backward()
        with fl.no_grad():
            w -= 0.1 * w.grad
        w.grad = None
    return round(loss.item(), 5)
"""

FORK = (
    TRAIN
    + """
def forked(work):
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, repr(work()).encode())
        except BaseException as error:
            os.write(write, repr(error).encode())
        os._exit(0)
    os.close(write)
    answer = b""
    while part := os.read(read, 4096):
        answer += part
    os.close(read)
    os.waitpid(child, 0)
    return answer.decode()
"""
)


def test_a_forked_child_computes():
    out = run(
        FORK
        + """
before = train()
made, lazy = fl.arange(5.0), fl.arange(3.0) * 2
print(forked(train) == str(before) == str(train()))
print(forked(lambda: (made + 1).tolist()), forked(lazy.tolist))
print(forked(lambda: forked(train)) == repr(str(before)))
fl.manual_seed(3)
print(forked(lambda: fl.rand(2).tolist()) == str(fl.rand(2).tolist()))
"""
    )
    assert out.splitlines() == ["True", "[1.0, 2.0, 3.0, 4.0, 5.0] [0.0, 2.0, 4.0]", "True", "True"]


def test_a_child_forked_before_anything_was_computed():
    assert run(FORK + "print(forked(train) == str(train()))") == "True\n"


def test_children_are_forked_while_another_thread_works():
    out = run(
        FORK
        + """
expected = str(train())
stop = False

def work():
    big = fl.rand(200, 200)
    leaf = fl.rand(50, 50).requires_grad_()
    while not stop:
        big = (big @ big).softmax(-1)
        y = leaf
        for _ in range(50):
            y = (y * 1.01).relu()
        y.sum().backward()
        leaf.grad.sum().item()

threads = [threading.Thread(target=work) for _ in range(2)]
[t.start() for t in threads]
answers = [forked(train) for _ in range(15)]
stop = True
[t.join() for t in threads]
print(set(answers) == {expected}, train() == float(expected))
"""
    )
    assert out == "True True\n"


def test_children_are_forked_from_several_threads():
    out = run(
        FORK
        + """
expected = str(train())
answers = []

def work():
    for _ in range(4):
        answers.append(forked(train))
        train()

threads = [threading.Thread(target=work) for _ in range(3)]
[t.start() for t in threads]
[t.join() for t in threads]
print(len(answers), set(answers) == {expected})
"""
    )
    assert out == "12 True\n"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_compute_and_send_tensors(method, tmp_path):
    module = tmp_path / "work_of_workers.py"
    module.write_text(
        "import flashlight as fl\n"
        "def square(x):\n"
        "    return x * x, (x.sum() * 2).item()\n"
        "def batch(indices):\n"
        "    return fl.stack([fl.full((3,), float(i)) for i in indices])\n"
    )
    out = run(
        f"""
        sys.path.insert(0, {str(tmp_path)!r})
        import multiprocessing, work_of_workers
        if __name__ == "__main__":
            warm = fl.rand(20, 20) @ fl.rand(20, 20)
            warm.sum().item()
            context = multiprocessing.get_context({method!r})
            with context.Pool(2) as pool:
                results = pool.map(work_of_workers.square, [fl.arange(3.0) + i for i in range(4)])
                batches = list(pool.imap(work_of_workers.batch, [[0, 1], [2, 3], [4]]))
            print([r[0].tolist() for r in results][3], [r[1] for r in results])
            print([tuple(b.shape) for b in batches], fl.cat(batches).sum().item())
        """
    )
    assert out.splitlines() == ["[9.0, 16.0, 25.0] [6.0, 12.0, 18.0, 24.0]", "[(2, 3), (2, 3), (1, 3)] 30.0"]


def interrupted(program):
    """What a program prints that is interrupted half a second after it says that it waits."""
    process = start(program)
    line = process.stdout.readline()
    assert line == "waiting\n", (line, process.stderr.read() if process.poll() is not None else "")
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    return finish(process)


# Most of the time of these is waiting, however fast the machine is.
LONG = """
def long():
    x = fl.rand(800, 800)
    for _ in range(40):
        x = (x @ x).softmax(-1)
    return x
"""

ENDS = """
    print("not interrupted")
except KeyboardInterrupt:
    took = time.monotonic() - began
    print("interrupted", took < 3 or took)
print((fl.ones(3) + 1).sum().item())
leaf = fl.ones(2, requires_grad=True)
(leaf * 3).sum().backward()
print(leaf.grad.tolist())
"""


@pytest.mark.parametrize("wait", ["x.sum().item()", "x.tolist()", "x.numpy()", "fl._C._eval(x)", "bool(x.sum())"])
def test_ctrl_c_ends_a_wait(wait):
    out = interrupted(
        LONG
        + f"""
began = time.monotonic() + 0.5
print("waiting", flush=True)
try:
    while True:
        x = long()
        {wait}"""
        + ENDS
    )
    assert out.splitlines() == ["interrupted True", "6.0", "[3.0, 3.0]"]


def test_ctrl_c_ends_a_training_loop_and_work_goes_on():
    out = interrupted(
        """
x = fl.rand(400, 400)
w = fl.rand(400, 400).requires_grad_()
began = time.monotonic() + 0.5
print("waiting", flush=True)
try:
    while True:
        y = x @ w
        for _ in range(10):
            y = (y @ w).tanh()
        y.sum().backward()
        w.grad = None"""
        + ENDS
    )
    assert out.splitlines() == ["interrupted True", "6.0", "[3.0, 3.0]"]


def test_ctrl_c_ends_backward():
    out = interrupted(
        """
x = fl.rand(50, 50).requires_grad_()
y = x
for _ in range(20_000):
    y = (y * 1.0001).tanh()
y = y.sum()
began = time.monotonic() + 0.5
print("waiting", flush=True)
try:
    while True:
        y.backward(retain_graph=True)"""
        + ENDS
    )
    assert out.splitlines() == ["interrupted True", "6.0", "[3.0, 3.0]"]


def test_a_loop_that_never_reads_keeps_memory_flat():
    out = run(
        """
        def resident():
            with open("/proc/self/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

        fl.manual_seed(0)
        w1, w2 = fl.rand(8, 16).requires_grad_(), fl.rand(16, 1).requires_grad_()
        x, y = fl.rand(32, 8), fl.rand(32, 1)
        momentum = [fl.zeros(8, 16), fl.zeros(16, 1)]
        total = fl.zeros(())
        figures = []
        for step in range(20_000):
            loss = ((x @ w1).relu() @ w2 - y).pow(2).mean()
            loss.backward()
            with fl.no_grad():
                for w, m in zip((w1, w2), momentum):
                    m.mul_(0.9).add_(w.grad)
                    w.sub_(m, alpha=1e-4)
                    w.grad = None
                total += loss
            if step in (4_000, 12_000, 19_999):
                figures.append((resident(), fl._C._memory()[0]))
        (r0, a0), (r1, a1), (r2, a2) = figures
        print(r2 - r0 < 12 or figures, a2 < a0 + 2**20 or figures, total.item() > 0)
        """,
        limit=120,
    )
    assert out == "True True True\n"
