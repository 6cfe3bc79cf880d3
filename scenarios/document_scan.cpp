#include "scenarios/document_scan.hpp"

#include <algorithm>
#include <cstdint>

namespace wrackline::scenarios {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_punctuation(char c) {
  return c == '{' || c == '}' || c == '[' || c == ']' || c == ':' || c == ',' || c == '"';
}

void blank_out(std::string& text, std::size_t begin, std::size_t end) {
  for (std::size_t i = begin; i < end; ++i) {
    if (text[i] != '\n' && text[i] != '\r') text[i] = ' ';
  }
}

std::size_t end_of_string(const std::string& text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    } else if (text[i] == '\n') {
      return i;  // the parser will refuse it
    }
  }
  return text.size();
}

}  // namespace

Scan scan_jsonc(std::string input) {
  Scan scan;
  scan.text = std::move(input);
  std::string& text = scan.text;
  std::optional<std::size_t> comma;  // the last token, if it was one
  bool value_before_comma = false;
  bool last_is_value = false;
  std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (i < text.size()) {
    const char c = text[i];
    if (is_blank(c)) {
      ++i;
    } else if (text.compare(i, 2, "//") == 0) {
      const std::size_t end = std::min(text.find('\n', i), text.size());
      blank_out(text, i, end);
      i = end;
    } else if (text.compare(i, 2, "/*") == 0) {
      const std::size_t end = text.find("*/", i + 2);
      if (end == std::string::npos) {
        scan.open_comment = i;
        return scan;
      }
      blank_out(text, i, end + 2);
      i = end + 2;
    } else if (c == ',') {
      value_before_comma = last_is_value;
      comma = i++;
      last_is_value = false;
    } else if (c == ':') {
      comma.reset();
      last_is_value = false;
      ++i;
    } else {
      // Only a comma between a value and a closing bracket is a trailing one: "[,]" stays an error.
      if ((c == '}' || c == ']') && comma && value_before_comma) text[*comma] = ' ';
      comma.reset();
      std::size_t end = i + 1;
      if (c == '"') {
        end = end_of_string(text, i);
      } else if (!is_punctuation(c)) {
        while (end < text.size() && !is_blank(text[end]) && !is_punctuation(text[end]) && text[end] != '/')
          ++end;
      }
      last_is_value = c != '{' && c != '[';
      scan.tokens.push_back({i, end});
      i = end;
    }
  }
  return scan;
}

std::optional<std::size_t> first_bad_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (length == 0 || i + length > text.size()) return i;
    const auto second = static_cast<std::uint8_t>(text[i + 1]);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second >= 0xA0;
    const bool beyond = lead == 0xF4 && second >= 0x90;
    if (overlong || surrogate || beyond) return i;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<std::uint8_t>(text[i + k]) & 0xC0) != 0x80) return i;
    }
    i += length;
  }
  return std::nullopt;
}

}  // namespace wrackline::scenarios
