#include "scenarios/expression.hpp"

#include <fmt/format.h>

#include <charconv>

#include "scenarios/units.hpp"

namespace wrackline::scenarios {

namespace {

constexpr int kMaxExpressionDepth = 50;
constexpr std::size_t kMaxExpressionLength = 2'000;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }

class Parser {
 public:
  Parser(std::string_view text, Location at, Diagnostics& diagnostics)
      : text_(text), at_(at), diagnostics_(diagnostics) {}

  std::optional<Expression> parse() {
    if (text_.size() > kMaxExpressionLength)
      fail(0, fmt::format("longer than {} characters", kMaxExpressionLength));
    Expression result = parse_or();
    skip_blanks();
    if (!failed_ && i_ < text_.size()) fail(i_, "an operator or the end is expected");
    return failed_ ? std::nullopt : std::optional(std::move(result));
  }

 private:
  using Kind = Expression::Kind;

  Location place(std::size_t begin, std::size_t end) const {
    Location at = at_;
    at.column += static_cast<std::int32_t>(begin);
    at.length = std::max(1, static_cast<std::int32_t>(end - begin));
    return at;
  }
  void fail(std::size_t at, std::string message) {
    if (failed_) return;
    failed_ = true;
    diagnostics_.report("WL1601", place(at, at + 1), std::move(message));
    i_ = text_.size();
  }
  void skip_blanks() {
    while (i_ < text_.size() && is_blank(text_[i_])) ++i_;
  }
  bool take(std::string_view symbol) {
    skip_blanks();
    if (text_.substr(i_, symbol.size()) != symbol) return false;
    i_ += symbol.size();
    return true;
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (text_.substr(i_, word.size()) != word) return false;
    const std::size_t after = i_ + word.size();
    if (after < text_.size() && (is_letter(text_[after]) || is_digit(text_[after]) || text_[after] == '.'))
      return false;
    i_ = after;
    return true;
  }
  Expression node(Kind kind, std::size_t begin, std::string text, std::vector<Expression> operands) {
    return {kind, place(begin, i_), 0, std::move(text), std::move(operands)};
  }
  std::size_t start() {
    skip_blanks();
    return i_;
  }

  Expression parse_or() {
    const std::size_t begin = start();
    Expression left = parse_and();
    while (!failed_ && (take("||") || take_word("or"))) {
      Expression right = parse_and();
      left = node(Kind::kOr, begin, "or", {std::move(left), std::move(right)});
    }
    return left;
  }
  Expression parse_and() {
    const std::size_t begin = start();
    Expression left = parse_not();
    while (!failed_ && (take("&&") || take_word("and"))) {
      Expression right = parse_not();
      left = node(Kind::kAnd, begin, "and", {std::move(left), std::move(right)});
    }
    return left;
  }
  Expression parse_not() {
    const std::size_t begin = start();
    const bool bang = i_ < text_.size() && text_[i_] == '!' && text_.substr(i_, 2) != "!=";
    if (bang) ++i_;
    if (!bang && !take_word("not")) return parse_comparison();
    if (!deeper(begin)) return {};
    Expression inner = parse_not();
    --depth_;
    return node(Kind::kNot, begin, "not", {std::move(inner)});
  }
  Expression parse_comparison() {
    const std::size_t begin = start();
    Expression left = parse_sum();
    for (const std::string_view op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (failed_ || !take(op)) continue;
      Expression right = parse_sum();
      left = node(Kind::kCompare, begin, std::string(op), {std::move(left), std::move(right)});
      const std::size_t next = start();
      for (const std::string_view again : {"==", "!=", "<", ">"}) {
        if (!failed_ && take(again)) fail(next, "comparisons can not be chained; join them with \"and\"");
      }
      return left;
    }
    const std::size_t next = start();
    if (!failed_ && take("=")) fail(next, "compare with \"==\"");
    return left;
  }
  Expression parse_sum() {
    const std::size_t begin = start();
    Expression left = parse_product();
    while (!failed_) {
      const std::string op = take("+") ? "+" : take("-") ? "-" : "";
      if (op.empty()) break;
      Expression right = parse_product();
      left = node(Kind::kArithmetic, begin, op, {std::move(left), std::move(right)});
    }
    return left;
  }
  Expression parse_product() {
    const std::size_t begin = start();
    Expression left = parse_factor();
    while (!failed_) {
      const std::string op = take("*") ? "*" : take("/") ? "/" : "";
      if (op.empty()) break;
      Expression right = parse_factor();
      left = node(Kind::kArithmetic, begin, op, {std::move(left), std::move(right)});
    }
    return left;
  }
  bool deeper(std::size_t at) {
    if (++depth_ <= kMaxExpressionDepth) return true;
    fail(at, "nested too deeply");
    return false;
  }
  Expression parse_factor() {
    const std::size_t begin = start();
    if (i_ >= text_.size()) {
      fail(begin, "a number, a metric or \"(\" is expected here");
      return {};
    }
    const char c = text_[i_];
    if (c == '(' || c == '-') {
      ++i_;
      if (!deeper(begin)) return {};
      Expression inner = c == '(' ? parse_or() : parse_factor();
      --depth_;
      if (c == '-') return node(Kind::kNegate, begin, "-", {std::move(inner)});
      if (!failed_ && !take(")")) fail(i_, "\")\" is missing");
      return inner;
    }
    if (c == '\'' || c == '"') return parse_text(begin, c);
    if (is_digit(c)) return parse_number(begin);
    if (is_letter(c)) return parse_name(begin);
    fail(begin, fmt::format("a number, a metric or \"(\" is expected here"));
    return {};
  }
  Expression parse_text(std::size_t begin, char quote) {
    const std::size_t end = text_.find(quote, begin + 1);
    if (end == std::string_view::npos) {
      fail(begin, "the text has no end");
      return {};
    }
    i_ = end + 1;
    return node(Kind::kText, begin, std::string(text_.substr(begin + 1, end - begin - 1)), {});
  }
  Expression parse_number(std::size_t begin) {
    while (i_ < text_.size() &&
           (is_digit(text_[i_]) || is_letter(text_[i_]) || text_[i_] == '.' || text_[i_] == '%'))
      ++i_;
    const std::string_view written = text_.substr(begin, i_ - begin);
    Expression result = node(Kind::kNumber, begin, std::string(written), {});
    if (written.back() == '%') {
      const auto ratio = parse_ratio(written);
      if (!ratio.value) fail(begin, ratio.error);
      result.kind = Kind::kRatio;
      result.number = ratio.value.value_or(0);
      return result;
    }
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), result.number);
    if (error == std::errc{} && end == written.data() + written.size()) return result;
    if (const auto duration = parse_duration(written); duration.value) {
      result.kind = Kind::kDuration;
      result.number = static_cast<double>(duration.value->count());
    } else if (const auto rate = parse_rate(fmt::format("{}/s", written));
               rate.value && rate.value->per == std::chrono::seconds{1}) {
      result.number = static_cast<double>(rate.value->count);  // 5k, 2M
    } else if (const auto size = parse_size(written); size.value) {
      result.number = static_cast<double>(*size.value);
    } else {
      fail(begin, fmt::format("\"{}\" is no number, duration, size or percentage", written));
    }
    return result;
  }
  Expression parse_name(std::size_t begin) {
    const auto inside = [&](std::size_t at) {
      const char c = text_[at];
      if (is_letter(c) || is_digit(c)) return true;
      const bool joins = c == '.' || c == '-' || c == '/';
      return joins && at + 1 < text_.size() && (is_letter(text_[at + 1]) || is_digit(text_[at + 1]));
    };
    while (i_ < text_.size() && inside(i_)) ++i_;
    std::string name(text_.substr(begin, i_ - begin));
    if (name == "true" || name == "false") {
      Expression truth = node(Kind::kBool, begin, name, {});
      truth.number = name == "true" ? 1 : 0;
      return truth;
    }
    if (!take("(")) return node(Kind::kName, begin, std::move(name), {});
    const std::size_t argument_at = start();
    while (i_ < text_.size() && inside(i_)) ++i_;
    const std::string argument(text_.substr(argument_at, i_ - argument_at));
    if (argument.empty()) fail(argument_at, "the name of a latency is expected in the brackets");
    if (!failed_ && !take(")")) fail(i_, "\")\" is missing");
    return node(Kind::kCall, begin, fmt::format("{}({})", name, argument), {});
  }

  std::string_view text_;
  Location at_;
  Diagnostics& diagnostics_;
  std::size_t i_ = 0;
  int depth_ = 0;
  bool failed_ = false;
};

using QKind = Quantity::Kind;

class Evaluation {
 public:
  Evaluation(const Names& names, Diagnostics& diagnostics) : names_(names), diagnostics_(diagnostics) {}

  std::optional<Quantity> of(const Expression& e) {
    using Kind = Expression::Kind;
    switch (e.kind) {
      case Kind::kNumber:
      case Kind::kRatio:
        return number(QKind::kNumber, e.number);
      case Kind::kDuration:
        return number(QKind::kDuration, e.number);
      case Kind::kText:
        return Quantity{QKind::kText, true, 0, e.text, false};
      case Kind::kBool:
        return truth(e.number != 0);
      case Kind::kName:
      case Kind::kCall:
        return names_.lookup(e, diagnostics_);
      case Kind::kNot: {
        auto inner = of_kind(e.operands[0], QKind::kBool);
        if (inner) inner->truth = !inner->truth;
        return inner;
      }
      case Kind::kNegate: {
        auto inner = of(e.operands[0]);
        if (inner && inner->kind != QKind::kNumber && inner->kind != QKind::kDuration)
          return mismatch(e, "only numbers and durations have a sign");
        if (inner) inner->number = -inner->number;
        return inner;
      }
      case Kind::kAnd:
        return logic(e, false);
      case Kind::kOr:
        return logic(e, true);
      case Kind::kCompare:
        return compare(e);
      case Kind::kArithmetic:
        return arithmetic(e);
    }
    return std::nullopt;
  }

 private:
  static Quantity number(QKind kind, double value) { return {kind, true, value, {}, false}; }
  static Quantity truth(bool value) { return {QKind::kBool, true, 0, {}, value}; }

  std::optional<Quantity> mismatch(const Expression& e, std::string message) {
    diagnostics_.report("WL1603", e.at, std::move(message));
    return std::nullopt;
  }
  std::optional<Quantity> of_kind(const Expression& e, QKind kind) {
    auto value = of(e);
    if (value && value->kind != kind)
      return mismatch(
          e, fmt::format("this is {}, but {} is needed here", to_string(value->kind), to_string(kind)));
    return value;
  }
  std::optional<Quantity> logic(const Expression& e, bool deciding) {
    const auto left = of_kind(e.operands[0], QKind::kBool);
    const auto right = of_kind(e.operands[1], QKind::kBool);
    if (!left || !right) return std::nullopt;
    const bool decided =
        (left->known && left->truth == deciding) || (right->known && right->truth == deciding);
    Quantity result = truth(decided ? deciding : !deciding);
    result.known = decided || (left->known && right->known);
    return result;
  }
  std::optional<Quantity> compare(const Expression& e) {
    const auto left = of(e.operands[0]);
    const auto right = of(e.operands[1]);
    if (!left || !right) return std::nullopt;
    const std::string& op = e.text;
    const bool equality = op == "==" || op == "!=";
    if (left->kind != right->kind) {
      const bool bare = (left->kind == QKind::kDuration && right->kind == QKind::kNumber) ||
                        (left->kind == QKind::kNumber && right->kind == QKind::kDuration);
      return mismatch(e, fmt::format("{} can not be compared with {}{}", to_string(left->kind),
                                     to_string(right->kind), bare ? "; write the unit, e.g. 15s" : ""));
    }
    if (!equality && (left->kind == QKind::kText || left->kind == QKind::kBool)) {
      return mismatch(e, fmt::format("{} has no order; use == or !=", to_string(left->kind)));
    }
    Quantity result = truth(false);
    result.known = left->known && right->known;
    const bool equal = left->kind == QKind::kText   ? left->text == right->text
                       : left->kind == QKind::kBool ? left->truth == right->truth
                                                    : left->number == right->number;
    const bool less = left->number < right->number;
    result.truth = op == "=="   ? equal
                   : op == "!=" ? !equal
                   : op == "<"  ? less
                   : op == "<=" ? less || equal
                   : op == ">"  ? !less && !equal
                                : !less;
    return result;
  }
  std::optional<Quantity> arithmetic(const Expression& e) {
    const auto left = of(e.operands[0]);
    const auto right = of(e.operands[1]);
    if (!left || !right) return std::nullopt;
    const auto measurable = [](const Quantity& q) {
      return q.kind == QKind::kNumber || q.kind == QKind::kDuration;
    };
    if (!measurable(*left) || !measurable(*right))
      return mismatch(e, fmt::format("\"{}\" takes numbers and durations", e.text));
    Quantity result = number(QKind::kNumber, 0);
    result.known = left->known && right->known;
    const bool left_time = left->kind == QKind::kDuration;
    const bool right_time = right->kind == QKind::kDuration;
    if (e.text == "+" || e.text == "-") {
      if (left_time != right_time)
        return mismatch(e, "a duration and a number can not be added; write the unit, e.g. 15s");
      result.kind = left->kind;
      result.number = e.text == "+" ? left->number + right->number : left->number - right->number;
    } else if (e.text == "*") {
      if (left_time && right_time) return mismatch(e, "two durations can not be multiplied");
      result.kind = left_time || right_time ? QKind::kDuration : QKind::kNumber;
      result.number = left->number * right->number;
    } else {
      if (!left_time && right_time) return mismatch(e, "a number can not be divided by a duration");
      result.kind = left_time && !right_time ? QKind::kDuration : QKind::kNumber;
      if (right->number == 0) {
        result.known = false;  // nothing happened that could be divided by
      } else {
        result.number = left->number / right->number;
      }
    }
    return result;
  }

  const Names& names_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::string_view to_string(Quantity::Kind kind) {
  switch (kind) {
    case QKind::kNumber:
      return "a number";
    case QKind::kDuration:
      return "a duration";
    case QKind::kText:
      return "a text";
    case QKind::kBool:
      return "a condition";
  }
  return "";
}

std::optional<Expression> parse_expression(std::string_view text, Location at, Diagnostics& diagnostics) {
  return Parser(text, at, diagnostics).parse();
}

std::optional<Quantity> evaluate(const Expression& expression, const Names& names, Diagnostics& diagnostics) {
  return Evaluation(names, diagnostics).of(expression);
}

}  // namespace wrackline::scenarios
