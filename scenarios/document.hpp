// A JSON document whose every value knows where it stands: file, line, column.
//
// The grammar is JSON with // and /* */ comments and trailing commas, and nothing else. The text is scanned
// once for the places of its tokens (which also blanks comments and trailing commas) and then parsed by
// nlohmann/json's SAX parser, whose events meet the tokens in order. Refused, each with its own code:
// duplicate keys, integers over 64 bits, nesting deeper than kMaxDepth, files over kMaxFileBytes, text that
// is not UTF-8.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/diagnostics.hpp"

namespace wrackline::scenarios {

inline constexpr std::size_t kMaxFileBytes = 4u << 20;
inline constexpr int kMaxDepth = 64;
inline constexpr std::size_t kMaxValues = 50'000;

struct Member;

/// One value of the document. An empty document is a null.
struct Node {
  enum class Kind { kNull, kBool, kInteger, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  Location at;
  bool boolean = false;
  std::int64_t integer = 0;
  double number = 0;  ///< of kNumber; an integer has only `integer`
  std::string text;   ///< of kString: the value; of kInteger and kNumber: as written
  std::vector<Node> items;
  std::vector<Member> members;  ///< in the order of the file

  bool is(Kind k) const { return kind == k; }
  bool is_null() const { return kind == Kind::kNull; }
  bool is_object() const { return kind == Kind::kObject; }
  bool is_array() const { return kind == Kind::kArray; }
  bool is_string() const { return kind == Kind::kString; }
  bool is_integer() const { return kind == Kind::kInteger; }
  bool is_numeric() const { return kind == Kind::kInteger || kind == Kind::kNumber; }
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
  const Member* member(std::string_view key) const;
  /// Sets a member of an object, replacing one of that name.
  Node& set(std::string key, Node value, Location key_at);
  bool erase(std::string_view key);
};

struct Member {
  std::string key;
  Location key_at;
  Node value;
};

std::string_view to_string(Node::Kind kind);  ///< "an object", for messages

/// Adds the text to the sources of `diagnostics` and parses it. After an error that the parser can not pass,
/// what was read so far is not returned: the node is a null.
Node parse_document(std::string name, std::string text, Diagnostics& diagnostics);

/// Parses a single value as given on the command line: `--set path=value`. Text that is no JSON is a string.
Node parse_value(std::string_view text, Location at);

/// Without places, members by name: equal documents give equal text. The basis of every hash of a cell.
nlohmann::json to_plain_json(const Node& node);
Node from_plain_json(const nlohmann::json& json, Location at);

/// `over` wins: objects are merged by key, anything else is replaced, a null removes.
void merge_over(Node& base, Node over);

}  // namespace wrackline::scenarios
