// Matrix products on the CPU through a BLAS opened at run time: the reference BLAS inside the Linux wheel of MLX is
// slower by a factor of forty. Refuses every type but float32 and float64.
#include "failure.h"
#include "shim.h"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "mlx/allocator.h"
#include "mlx/backend/cpu/encoder.h"
#include "mlx/ops.h"
#include "mlx/primitives.h"
#include "mlx/version.h"

namespace mx = mlx::core;

namespace {

template <class T>
using Gemm = void (*)(int, int, int, int, int, int, T, const T*, int, const T*, int, T, T*, int);

struct Blas {
  void* library;
  Gemm<float> sgemm;
  Gemm<double> dgemm;
  int (*threads)();
  void (*set_threads)(int);
};

// Written once, never freed: work on a stream may still call through it when the process ends.
std::atomic<const Blas*> blas{nullptr};

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (!function) {
    throw std::runtime_error(std::string("the BLAS library has no ") + name);
  }
}

void call(int ta, int tb, int m, int n, int k, float alpha, const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc) {
  blas.load()->sgemm(101, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void call(int ta, int tb, int m, int n, int k, double alpha, const double* a, int lda, const double* b, int ldb, double beta, double* c, int ldc) {
  blas.load()->dgemm(101, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

// `few::MOST` of the runtime.
constexpr size_t few = 1024;

// The last two axes of an operand as BLAS wants them, or marked for packing where neither axis has stride 1.
struct Matrix {
  int rows, columns;
  int64_t row_stride, column_stride;
  bool transposed = false, packed = false;
  int leading = 1;

  explicit Matrix(const mx::array& operand) {
    size_t rank = operand.ndim();
    rows = operand.shape()[rank - 2];
    columns = operand.shape()[rank - 1];
    row_stride = operand.strides()[rank - 2];
    column_stride = operand.strides()[rank - 1];
    auto fits = [](int64_t stride, int least) { return stride >= std::max(1, least) && stride <= INT_MAX; };
    if ((column_stride == 1 || columns <= 1) && (rows <= 1 || fits(row_stride, columns))) {
      leading = rows <= 1 ? std::max(1, columns) : static_cast<int>(row_stride);
    } else if ((row_stride == 1 || rows <= 1) && (columns <= 1 || fits(column_stride, rows))) {
      transposed = true;
      leading = columns <= 1 ? std::max(1, rows) : static_cast<int>(column_stride);
    } else {
      packed = true;
    }
    // Few elements lie in rows or otherwise depending on who computed them (see few.rs), and BLAS rounds a product of a
    // transposed matrix differently.
    if (packed || (operand.size() <= few && (transposed || leading != std::max(1, columns)))) {
      transposed = false;
      packed = true;
      leading = std::max(1, columns);
    }
  }

  // The matrix at `data`, copied into `room` where BLAS cannot read it in place.
  template <class T>
  const T* at(const T* data, std::unique_ptr<T[]>& room) const {
    if (!packed) {
      return data;
    }
    if (!room) {
      room = std::make_unique_for_overwrite<T[]>(static_cast<size_t>(rows) * columns);
    }
    T* next = room.get();
    for (int i = 0; i < rows; i++) {
      const T* row = data + i * row_stride;
      for (int j = 0; j < columns; j++) {
        *next++ = row[j * column_stride];
      }
    }
    return room.get();
  }
};

// Everything one evaluation needs, free of MLX's arrays, which do not outlive their scheduling.
template <class T>
struct Product {
  const T *a, *b, *c;
  T* out;
  Matrix a_matrix, b_matrix;
  int64_t c_row_stride, c_column_stride;
  bool c_is_out;
  mx::Shape batch;
  mx::Strides a_batch, b_batch, c_batch;
  T alpha, beta;

  void run() const {
    int m = a_matrix.rows, n = b_matrix.columns, k = a_matrix.columns;
    size_t count = 1;
    for (auto size : batch) {
      count *= size;
    }
    if (count == 0 || m == 0 || n == 0) {
      return;
    }
    std::unique_ptr<T[]> a_room, b_room;
    std::vector<int> index(batch.size(), 0);
    int64_t a_offset = 0, b_offset = 0, c_offset = 0;
    const T *a_in = nullptr, *b_in = nullptr, *a_ready = nullptr, *b_ready = nullptr;
    for (size_t i = 0; i < count; i++) {
      T* target = out + i * m * n;
      if (c && !c_is_out) {
        copy(c + c_offset, target, m, n);
      }
      // A broadcast operand is packed once.
      if (a + a_offset != a_in) {
        a_in = a + a_offset;
        a_ready = a_matrix.at(a_in, a_room);
      }
      if (b + b_offset != b_in) {
        b_in = b + b_offset;
        b_ready = b_matrix.at(b_in, b_room);
      }
      T keep = c ? beta : T(0);
      if (k == 0 || alpha == T(0)) {
        for (size_t j = 0; j < static_cast<size_t>(m) * n; j++) {
          target[j] = keep == T(0) ? T(0) : keep * target[j];
        }
      } else {
        call(a_matrix.transposed ? 112 : 111, b_matrix.transposed ? 112 : 111, m, n, k, alpha, a_ready, a_matrix.leading, b_ready, b_matrix.leading, keep, target, n);
      }
      for (int axis = static_cast<int>(batch.size()) - 1; axis >= 0; axis--) {
        a_offset += a_batch[axis];
        b_offset += b_batch[axis];
        c_offset += c ? c_batch[axis] : 0;
        if (++index[axis] < batch[axis]) {
          break;
        }
        a_offset -= a_batch[axis] * batch[axis];
        b_offset -= b_batch[axis] * batch[axis];
        c_offset -= c ? c_batch[axis] * batch[axis] : 0;
        index[axis] = 0;
      }
    }
  }

  void copy(const T* from, T* to, int m, int n) const {
    for (int i = 0; i < m; i++, to += n) {
      const T* row = from + i * c_row_stride;
      if (c_column_stride == 1) {
        std::copy(row, row + n, to);
      } else {
        for (int j = 0; j < n; j++) {
          to[j] = row[j * c_column_stride];
        }
      }
    }
  }
};

class Multiply : public mx::UnaryPrimitive {
 public:
  Multiply(mx::Stream stream, double alpha, double beta)
      : mx::UnaryPrimitive(stream), alpha_(alpha), beta_(beta) {}

  void eval_cpu(const std::vector<mx::array>& inputs, mx::array& out) override {
    if (out.dtype() == mx::float32) {
      schedule<float>(inputs, out);
    } else {
      schedule<double>(inputs, out);
    }
  }

  void eval_gpu(const std::vector<mx::array>&, mx::array&) override {
    throw std::runtime_error("the BLAS product runs on the CPU only");
  }

  const char* name() const override {
    return "FlashlightGemm";
  }

 private:
  template <class T>
  void schedule(const std::vector<mx::array>& inputs, mx::array& out) {
    auto& encoder = mx::cpu::get_command_encoder(stream());
    auto& a = inputs[0];
    auto& b = inputs[1];
    // beta = 0 means that c is not read, as in BLAS: a NaN in it does not show.
    const mx::array* c = inputs.size() > 2 && beta_ != 0 ? &inputs[2] : nullptr;
    bool c_is_out = c && c->is_donatable() && c->flags().row_contiguous && c->data_size() == out.size();
    if (c_is_out) {
      out.copy_shared_buffer(*c);
    } else {
      out.set_data(mx::allocator::malloc(out.nbytes()));
    }
    for (auto& input : inputs) {
      encoder.set_input_array(input);
    }
    encoder.set_output_array(out);

    auto leading = [](const mx::array& of) {
      return mx::Strides(of.strides().begin(), of.strides().end() - 2);
    };
    size_t rank = out.ndim();
    Product<T> product{
        a.data<T>(),
        b.data<T>(),
        c ? c->data<T>() : nullptr,
        out.data<T>(),
        Matrix(a),
        Matrix(b),
        c ? c->strides()[rank - 2] : 0,
        c ? c->strides()[rank - 1] : 0,
        c_is_out,
        mx::Shape(out.shape().begin(), out.shape().end() - 2),
        leading(a),
        leading(b),
        c ? leading(*c) : mx::Strides{},
        static_cast<T>(alpha_),
        static_cast<T>(beta_)};
    encoder.dispatch([product = std::move(product)] { product.run(); });
  }

  double alpha_, beta_;
};

std::string describe(const mx::array& of) {
  std::string text = "[";
  for (size_t i = 0; i < of.ndim(); i++) {
    text += (i ? "," : "") + std::to_string(of.shape()[i]);
  }
  return text + "]";
}

mx::Shape broadcast(const mx::Shape& x, const mx::Shape& y) {
  size_t rank = std::max(x.size(), y.size());
  mx::Shape both(rank, 1);
  for (size_t i = 0; i < rank; i++) {
    int p = i < rank - x.size() ? 1 : x[i - (rank - x.size())];
    int q = i < rank - y.size() ? 1 : y[i - (rank - y.size())];
    if (p != q && p != 1 && q != 1) {
      throw std::invalid_argument("gemm: leading sizes do not broadcast: " + std::to_string(p) + " and " + std::to_string(q));
    }
    both[i] = p == 1 ? q : p;
  }
  return both;
}

mx::array multiply(mx::array a, mx::array b, const mx::array* c, double alpha, double beta, mx::Stream stream) {
  if (!blas.load()) {
    throw std::runtime_error("gemm: no BLAS library is open");
  }
  if (a.dtype() != b.dtype() || (c && c->dtype() != a.dtype()) || (a.dtype() != mx::float32 && a.dtype() != mx::float64)) {
    throw std::invalid_argument("gemm: the operands are not all float32 or all float64");
  }
  if (a.ndim() < 2 || b.ndim() < 2) {
    throw std::invalid_argument("gemm: an operand has fewer than two axes: " + describe(a) + " x " + describe(b));
  }
  if (a.shape(-1) != b.shape(-2)) {
    throw std::invalid_argument("gemm: inner sizes differ: " + describe(a) + " x " + describe(b));
  }
  int m = a.shape(-2), n = b.shape(-1), k = a.shape(-1);
  mx::Shape batch = broadcast(mx::Shape(a.shape().begin(), a.shape().end() - 2), mx::Shape(b.shape().begin(), b.shape().end() - 2));
  mx::Shape shape = batch;
  shape.push_back(m);
  shape.push_back(n);
  size_t batches = 1;
  for (auto size : batch) {
    batches *= size;
  }

  // One right-hand matrix for a whole batch of left-hand ones is one product with more rows, unless the rows of `c`
  // differ in a way that one matrix cannot show without a copy.
  bool rows_of_c_are_flat = !c || c->ndim() <= 1 || std::all_of(c->shape().begin(), c->shape().end() - 1, [](int size) { return size == 1; });
  bool flatten = b.ndim() == 2 && a.ndim() > 2 && batches * m <= INT_MAX && rows_of_c_are_flat;
  mx::Shape inner = shape;
  if (flatten) {
    int rows = static_cast<int>(batches * m);
    a = mx::reshape(a, {rows, k}, stream);
    inner = {rows, n};
  } else {
    auto stretch = [&](const mx::array& operand) {
      mx::Shape full = batch;
      full.push_back(operand.shape(-2));
      full.push_back(operand.shape(-1));
      return mx::broadcast_to(operand, full, stream);
    };
    a = stretch(a);
    b = stretch(b);
  }
  std::vector<mx::array> inputs{a, b};
  if (c) {
    auto addend = *c;
    if (flatten && addend.ndim() > 1) {
      addend = mx::reshape(addend, {addend.shape(-1)}, stream);
    }
    inputs.push_back(mx::broadcast_to(addend, inner, stream));
  }
  auto made = mx::array(inner, a.dtype(), std::make_shared<Multiply>(stream, alpha, beta), std::move(inputs));
  return flatten ? mx::reshape(made, shape, stream) : made;
}

} // namespace

extern "C" int flashlight_blas_open(const char* path) {
  return flashlight::guarded([&] {
    if (blas.load()) {
      return;
    }
    void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
      throw std::runtime_error(dlerror());
    }
    auto table = std::make_unique<Blas>();
    table->library = library;
    find(library, "scipy_cblas_sgemm", table->sgemm);
    find(library, "scipy_cblas_dgemm", table->dgemm);
    find(library, "scipy_openblas_get_num_threads", table->threads);
    find(library, "scipy_openblas_set_num_threads", table->set_threads);
    const Blas* none = nullptr;
    if (blas.compare_exchange_strong(none, table.get())) {
      table.release();
    }
  });
}

extern "C" const char* flashlight_libmlx(void) {
  Dl_info found{};
  auto* symbol = reinterpret_cast<void*>(&mx::version);
  return dladdr(symbol, &found) ? found.dli_fname : nullptr;
}

extern "C" const void* flashlight_lapack(const char* name) {
  if (auto table = blas.load()) {
    return dlsym(table->library, ("scipy_" + std::string(name) + "_").c_str());
  }
#ifdef __APPLE__
  static void* accelerate = dlopen("/System/Library/Frameworks/Accelerate.framework/Accelerate", RTLD_LAZY | RTLD_LOCAL);
  return accelerate ? dlsym(accelerate, (std::string(name) + "_").c_str()) : nullptr;
#else
  return nullptr;
#endif
}

extern "C" int flashlight_blas_threads(void) {
  auto table = blas.load();
  return table ? table->threads() : 0;
}

extern "C" void flashlight_blas_set_threads(int threads) {
  if (auto table = blas.load()) {
    table->set_threads(threads);
  }
}

extern "C" void flashlight_sgemm(int ta, int tb, int m, int n, int k, const float* a, int lda, const float* b, int ldb, float beta, float* c, int ldc) {
  call(ta ? 112 : 111, tb ? 112 : 111, m, n, k, 1.0f, a, lda, b, ldb, beta, c, ldc);
}

extern "C" void flashlight_dgemm(int ta, int tb, int m, int n, int k, const double* a, int lda, const double* b, int ldb, double beta, double* c, int ldc) {
  call(ta ? 112 : 111, tb ? 112 : 111, m, n, k, 1.0, a, lda, b, ldb, beta, c, ldc);
}

extern "C" int flashlight_gemm(
    void** output,
    const void* a,
    const void* b,
    const void* c,
    double alpha,
    double beta,
    const void* stream) {
  return flashlight::guarded([&] {
    *output = new mx::array(multiply(
        *static_cast<const mx::array*>(a),
        *static_cast<const mx::array*>(b),
        static_cast<const mx::array*>(c),
        alpha,
        beta,
        *static_cast<const mx::Stream*>(stream)));
  });
}
