// Turns C++ exceptions into return codes at the shim's border.
#pragma once
#include <exception>
#include <string>

namespace flashlight {

std::string& last_error();

template <class Body>
int guarded(Body&& body) {
  try {
    body();
    return 0;
  } catch (const std::exception& failure) {
    last_error() = failure.what();
  } catch (...) {
    last_error() = "an exception that is no std::exception";
  }
  return 1;
}

} // namespace flashlight
