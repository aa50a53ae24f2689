/// @file
/// Damage to the text of a program.
#pragma once

#include <random>
#include <string>

namespace optirs::plugin::testing {

/// One to four edits: pieces of syntax inserted, removed, repeated or cut off, bytes and digits changed.
std::string mutate(std::string text, std::mt19937_64& random);

}  // namespace optirs::plugin::testing
