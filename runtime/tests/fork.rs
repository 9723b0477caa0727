//! Forked children compute, read what was evaluated before the fork, and refuse what they cannot have. One thread, one
//! fork at a time: no test harness.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(unsafe_code, reason = "forks")]
#![allow(clippy::print_stdout, reason = "stands in for the test harness")]

use std::path::Path;
use std::time::{Duration, Instant};

use flashlight_compiler::attrs;
use flashlight_compiler::ir::Emit;
use flashlight_compiler::ops::{Axes, Op};
use flashlight_compiler::types::{DType, Dim, Type};
use flashlight_runtime::{
    Device, Eager, Value, after_fork_child, after_fork_parent, before_fork, clear_cache, flush, open_blas, typed,
};

fn emit(op: Op, attrs: flashlight_compiler::ops::Attrs, inputs: &[Value]) -> Value {
    Eager::new(Device::Cpu).emit_one(op, attrs, inputs).unwrap()
}

/// A matrix large enough for the BLAS library to use its threads.
fn matrix(n: i64) -> Value {
    let number = emit(Op::Constant, attrs![flashlight_compiler::types::Scalar::Float(0.5), DType::F32], &[]);
    emit(
        Op::BroadcastInDim,
        attrs![[Dim::from(n), Dim::from(n)].into_iter().collect::<flashlight_compiler::types::Shape>(), Axes::new()],
        &[number],
    )
}

fn first(value: &Value) -> f32 {
    typed::<f32>(&value.to_bytes().unwrap())[0]
}

fn product(n: i64) -> f32 {
    let x = emit(Op::Add, attrs![], &[matrix(n), matrix(n)]);
    first(&emit(Op::Matmul, attrs![], &[x.clone(), x]))
}

/// Runs `child` in a forked child; its answer, or a panic, or 20 seconds, decide.
fn forked(child: impl FnOnce() -> bool) -> bool {
    before_fork();
    // SAFETY: the hooks have brought every other thread of the runtime to rest.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork failed");
    if pid == 0 {
        after_fork_child();
        let well = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)).unwrap_or(false);
        // SAFETY: ends the child without the parent's destructors.
        unsafe { libc::_exit(i32::from(!well)) };
    }
    after_fork_parent();
    let since = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: waits for our own child.
        match unsafe { libc::waitpid(pid, &mut status, libc::WNOHANG) } {
            0 if since.elapsed() > Duration::from_secs(20) => {
                // SAFETY: ends our own child.
                unsafe { libc::kill(pid, libc::SIGKILL) };
                return false;
            }
            0 => std::thread::sleep(Duration::from_millis(2)),
            _ => return libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        }
    }
}

fn main() {
    let library = Path::new(env!("FLASHLIGHT_BUILD_LIBMLX")).join("../../scipy_openblas32/lib/libscipy_openblas.so");
    if library.exists() {
        open_blas(&library).unwrap();
    }
    let check = |name: &str, well: bool| {
        println!("{name}: {}", if well { "ok" } else { "FAILED" });
        assert!(well, "{name}");
    };

    check("a child of a parent that never computed computes", forked(|| product(300) == 300.0));

    assert_eq!(product(300), 300.0);
    check("a child computes after its parent has", forked(|| product(300) == 300.0));
    assert_eq!(product(300), 300.0);

    let lazy = emit(Op::Add, attrs![], &[matrix(4), matrix(4)]);
    let read = first(&matrix(4));
    check("values recorded before the fork are read and built on", {
        let lazy = lazy.clone();
        forked(move || {
            read == 0.5 && first(&lazy) == 1.0 && first(&emit(Op::Add, attrs![], &[lazy.clone(), lazy])) == 2.0
        })
    });
    assert_eq!(first(&lazy), 1.0);

    check("much work on its way when the fork comes is finished first", {
        let mut x = matrix(200);
        for _ in 0..700 {
            x = emit(Op::Neg, attrs![], &[x]);
        }
        flush();
        let kept = x.clone();
        forked(move || first(&kept) == 0.5) && first(&x) == 0.5
    });

    check("threads that evaluate while the process forks do not disturb either side", {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                std::thread::spawn(|| {
                    for _ in 0..60 {
                        assert_eq!(product(150), 150.0);
                    }
                })
            })
            .collect();
        let well = (0..12).all(|_| forked(|| product(150) == 150.0));
        workers.into_iter().for_each(|worker| worker.join().unwrap());
        well
    });

    check(
        "a child's threads evaluate",
        forked(|| {
            let workers: Vec<_> = (0..3).map(|_| std::thread::spawn(|| product(200))).collect();
            workers.into_iter().all(|worker| worker.join().unwrap() == 200.0)
        }),
    );

    check("a child of a child computes", forked(|| product(100) == 100.0 && forked(|| product(100) == 100.0)));

    check(
        "a child is refused a GPU and the memory cache, with sentences",
        forked(|| {
            let gpu =
                Value::from_bytes(&[0; 4], Type::new(DType::F32, [1i64]), Device::Gpu(0)).unwrap_err().to_string();
            let cache = clear_cache().unwrap_err().to_string();
            gpu.contains("forked child") && cache.contains("forked child")
        }),
    );

    clear_cache().unwrap();
    assert_eq!(product(300), 300.0);
}
