// Completion and status of evaluations. Holds no policy: which thread evaluates what, and when, is decided in Rust.
#include "failure.h"
#include "shim.h"

#include "mlx/array.h"
#include "mlx/scheduler.h"

namespace mx = mlx::core;

namespace flashlight {

std::string& last_error() {
  static thread_local std::string message;
  return message;
}

} // namespace flashlight

extern "C" const char* flashlight_last_error(void) {
  return flashlight::last_error().c_str();
}

extern "C" int flashlight_notify(
    const void* stream,
    void (*done)(void*, uint64_t, const char*),
    void* context,
    uint64_t ticket) {
  return flashlight::guarded([&] {
    auto target = *static_cast<const mx::Stream*>(stream);
    mx::scheduler::enqueue(target, [target, done, context, ticket] {
      // On the stream's own thread nothing else can fail between the work and this look, so the error is this work's.
      try {
        mx::scheduler::check_error(target);
      } catch (const std::exception& failure) {
        done(context, ticket, failure.what());
        return;
      }
      done(context, ticket, nullptr);
    });
  });
}

extern "C" int flashlight_is_scheduled(const void* array) {
  return static_cast<const mx::array*>(array)->status() != mx::array::Status::unscheduled;
}

extern "C" int flashlight_is_finished(const void* array, int* finished) {
  return flashlight::guarded([&] { *finished = static_cast<const mx::array*>(array)->is_available(); });
}
