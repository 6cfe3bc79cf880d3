// First pass over a JSONC text: where its tokens stand, and the same text as plain JSON with nothing moved
// (comments and trailing commas become blanks). Does not judge the grammar: on a malformed text it finds
// *some* tokens, and the parser that follows says what is wrong.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wrackline::scenarios {

struct Token {
  std::size_t begin;
  std::size_t end;
};

struct Scan {
  std::string text;                         ///< plain JSON, every byte at its old place
  std::vector<Token> tokens;                ///< without ':' and ','; brackets included
  std::optional<std::size_t> open_comment;  ///< a comment that does not end
};

Scan scan_jsonc(std::string text);
std::optional<std::size_t> first_bad_utf8(std::string_view text);

}  // namespace wrackline::scenarios
