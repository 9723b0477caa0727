// MLX primitives whose work is a function of the caller's, and the alias that hides many-output nodes.
#include "failure.h"
#include "shim.h"

#include <memory>
#include <stdexcept>
#include <vector>

#include "mlx/allocator.h"
#include "mlx/backend/cpu/encoder.h"
#include "mlx/ops.h"
#include "mlx/primitives.h"

namespace mx = mlx::core;

namespace {

// The order of mlx_dtype in mlx-c.
const mx::Dtype DTYPES[] = {
    mx::bool_, mx::uint8, mx::uint16, mx::uint32, mx::uint64, mx::int8, mx::int16,
    mx::int32, mx::int64, mx::float16, mx::float32, mx::float64, mx::bfloat16, mx::complex64};

class Host : public mx::Primitive {
 public:
  Host(mx::Stream stream, flashlight_host_call call, std::shared_ptr<void> context)
      : mx::Primitive(stream), call_(call), context_(std::move(context)) {}

  void eval_cpu(const std::vector<mx::array>& inputs, std::vector<mx::array>& outputs) override {
    auto& encoder = mx::cpu::get_command_encoder(stream());
    std::vector<const void*> in;
    for (auto& input : inputs) {
      encoder.set_input_array(input);
      in.push_back(input.data<void>());
    }
    std::vector<void*> out;
    for (auto& output : outputs) {
      output.set_data(mx::allocator::malloc(output.nbytes()));
      encoder.set_output_array(output);
      out.push_back(output.data<void>());
    }
    encoder.dispatch([call = call_, context = context_, in = std::move(in), out = std::move(out)] {
      if (const char* message = call(context.get(), in.data(), out.data())) {
        throw std::runtime_error(message);
      }
    });
  }

  void eval_gpu(const std::vector<mx::array>&, std::vector<mx::array>&) override {
    throw std::runtime_error("a host primitive runs on the CPU only");
  }

  const char* name() const override {
    return "FlashlightHost";
  }

 private:
  flashlight_host_call call_;
  std::shared_ptr<void> context_;
};

class Alias : public mx::UnaryPrimitive {
 public:
  explicit Alias(mx::Stream stream) : mx::UnaryPrimitive(stream) {}

  void eval_cpu(const std::vector<mx::array>& inputs, mx::array& output) override {
    output.copy_shared_buffer(inputs[0]);
  }

  void eval_gpu(const std::vector<mx::array>& inputs, mx::array& output) override {
    output.copy_shared_buffer(inputs[0]);
  }

  const char* name() const override {
    return "FlashlightAlias";
  }
};

mx::array alias(const mx::array& input, mx::Stream stream) {
  return mx::array(input.shape(), input.dtype(), std::make_shared<Alias>(stream), {input});
}

} // namespace

extern "C" int flashlight_host(
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
    void (*release)(void*)) {
  // Owned from here on, whatever is thrown.
  std::shared_ptr<void> owned;
  if (flashlight::guarded([&] { owned = std::shared_ptr<void>(context, release); })) {
    return 1; // shared_ptr has already released it
  }
  return flashlight::guarded([&] {
    auto target = *static_cast<const mx::Stream*>(stream);
    std::vector<mx::array> in;
    for (size_t i = 0; i < input_count; i++) {
      in.push_back(mx::contiguous(*static_cast<const mx::array*>(inputs[i]), false, target));
    }
    std::vector<mx::Shape> shapes;
    std::vector<mx::Dtype> types;
    for (size_t i = 0; i < output_count; i++) {
      shapes.emplace_back(dims, dims + ranks[i]);
      dims += ranks[i];
      types.push_back(DTYPES[dtypes[i]]);
    }
    auto primitive = std::make_shared<Host>(target, call, std::move(owned));
    auto made = mx::array::make_arrays(std::move(shapes), types, primitive, in);
    std::vector<std::unique_ptr<mx::array>> ready;
    for (auto& each : made) {
      ready.push_back(std::make_unique<mx::array>(made.size() == 1 ? each : alias(each, target)));
    }
    for (size_t i = 0; i < output_count; i++) {
      outputs[i] = ready[i].release();
    }
  });
}

extern "C" int flashlight_alias(void** output, const void* input, const void* stream) {
  return flashlight::guarded([&] {
    *output = new mx::array(
        alias(*static_cast<const mx::array*>(input), *static_cast<const mx::Stream*>(stream)));
  });
}
