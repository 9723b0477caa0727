// Gives mlx-c's sources `std::format` where the standard library lacks it (g++ 12).
// Holds `{}` and nothing more: a format specification throws, rather than print something else than was asked.
#pragma once

#include <version>

#if defined(__cpp_lib_format)
#include <format>
#else

#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace flashlight::compat {

// Copies `pattern` up to its next replacement field, and drops both from it. False where there is none left.
inline bool copy_to_field(std::ostringstream& out, std::string_view& pattern) {
  while (!pattern.empty()) {
    char const first = pattern.front();
    char const second = pattern.size() > 1 ? pattern[1] : '\0';
    if (first == '{' && second == '}') {
      pattern.remove_prefix(2);
      return true;
    }
    bool const brace = first == '{' || first == '}';
    if (brace && first != second) {
      throw std::logic_error("std::format stand-in: only {} is known");
    }
    out << first;
    pattern.remove_prefix(brace ? 2 : 1);
  }
  return false;
}

template <typename Value>
void write_field(std::ostringstream& out, std::string_view& pattern, const Value& value) {
  if (copy_to_field(out, pattern)) {
    out << value;
  }
}

} // namespace flashlight::compat

// Adding to std is not ours to do in general; here it only fills the gap that the missing header leaves.
namespace std {

template <typename... Values>
string format(string_view pattern, const Values&... values) {
  ostringstream out;
  (flashlight::compat::write_field(out, pattern, values), ...);
  if (flashlight::compat::copy_to_field(out, pattern)) {
    throw logic_error("std::format stand-in: more {} than values");
  }
  return out.str();
}

} // namespace std

#endif
