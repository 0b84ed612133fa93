#pragma once
// Where this source tree lies: the tests read its vectors, examples and sources. One file knows the path, so that the
// objects of all others are the same in every checkout.

#include <string>

namespace berth::checkout {

/// Absolute, without a slash at the end.
[[nodiscard]] const std::string& source_dir();

} // namespace berth::checkout
