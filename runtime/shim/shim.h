// The C face of the shim: what the runtime needs from MLX and mlx-c does not offer. No exception crosses it: every
// function returns 0, or 1 and leaves a message in flashlight_last_error().
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// The message of the last failure on this thread.
const char* flashlight_last_error(void);

// Has MLX's CPU allocator throw where there is no memory; those of its GPU backends do.
int flashlight_check_allocations(void);

// Takes this many bytes of MLX's allocator and gives them back: fails where they are not there.
int flashlight_reserve(size_t bytes);

// ---- evaluation -----------------------------------------------------------------------------------------------------

// Calls `done(context, ticket, error)` on the CPU stream's own thread once all work enqueued so far has run; `error` is
// null or what that work threw. MLX forgets the error when it is handed over.
int flashlight_notify(
    const void* stream,
    void (*done)(void* context, uint64_t ticket, const char* error),
    void* context,
    uint64_t ticket);

// Whether MLX has scheduled this array (its buffer exists, its work may still run).
int flashlight_is_scheduled(const void* array);

// Whether this array's work is over; throws what the work threw. The caller holds the lock of the array's device.
int flashlight_is_finished(const void* array, int* finished);

// ---- host primitives ------------------------------------------------------------------------------------------------

// Computes `outputs` from `inputs` (row-contiguous buffers); returns null, or a message that it owns until `release`.
typedef const char* (*flashlight_host_call)(void* context, const void* const* inputs, void* const* outputs);

// A node that runs `call` once on the CPU stream when it is evaluated. `release(context)` runs exactly once, whether or
// not the node ever ran. Dims of all outputs are laid end to end.
int flashlight_host(
    void** outputs,
    const void* const* inputs,
    size_t input_count,
    const int* dims,
    const size_t* ranks,
    const int* dtypes,
    size_t output_count,
    const void* stream,
    flashlight_host_call call,
    void* context,
    void (*release)(void* context));

// A single-output node that shares its input's buffer. It hides the outputs of a many-output node, whose links to each
// other MLX changes while it evaluates: a thread that builds on one of them must not meet those.
int flashlight_alias(void** output, const void* input, const void* stream);

// ---- matrix products ------------------------------------------------------------------------------------------------

// Opens the library of `scipy_cblas_*` functions privately, so that libmlx's own BLAS stays as it is.
int flashlight_blas_open(const char* path);

// The file of the libmlx that this process has loaded; null where the loader does not tell.
const char* flashlight_libmlx(void);

// The routine of LAPACK of that name, with its letter: of that library, or of macOS' Accelerate; null where there is none.
const void* flashlight_lapack(const char* name);

// 0 while no library is open.
int flashlight_blas_threads(void);
void flashlight_blas_set_threads(int threads);

// alpha * a @ b + beta * c, batched over leading axes; `c` may be null. float32 and float64 of equal type on the CPU.
int flashlight_gemm(
    void** output,
    const void* a,
    const void* b,
    const void* c,
    double alpha,
    double beta,
    const void* stream);

// c = a @ b + beta * c of row-major matrices on the calling thread, while a library is open; a flag reads a matrix
// transposed.
void flashlight_sgemm(int ta, int tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc);
void flashlight_dgemm(int ta, int tb, int m, int n, int k, const double* a, int lda, const double* b, int ldb, double beta, double* c, int ldc);

#ifdef __cplusplus
}
#endif
