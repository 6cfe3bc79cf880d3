#include "scenarios/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace wrackline::scenarios {

namespace fs = std::filesystem;

namespace {

/// Whether `path` is `root` or lies below it; both without "." and "..".
bool lies_in(const fs::path& path, const fs::path& root) {
  auto p = path.begin();
  for (const fs::path& part : root) {
    if (part.empty() || part == ".") continue;  // a trailing slash, the current directory
    if (p == path.end() || *p != part) return false;
    ++p;
  }
  return p == path.end() || *p != "..";
}

fs::path directory_of(const fs::path& file) {
  const fs::path parent = file.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

}  // namespace

FileContent read_file(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) return {std::nullopt, "is a directory"};
  if (!fs::exists(path, error)) return {std::nullopt, "does not exist"};
  if (!fs::is_regular_file(path, error)) return {std::nullopt, "is no regular file"};
  std::ifstream in(path, std::ios::binary);
  if (!in) return {std::nullopt, "can not be opened"};
  std::string text(kMaxFileBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return {std::move(text), {}};
}

std::optional<Node> ScenarioFiles::load(const std::string& path) {
  roots_.push_back(directory_of(fs::path(path).lexically_normal()).string());
  for (const std::string& readable : options_.readable)
    roots_.push_back(fs::path(readable).lexically_normal().string());
  return read(fs::path(path).lexically_normal().string(), {});
}

std::optional<std::string> ScenarioFiles::resolve(const std::string& name, Location at) const {
  const fs::path written(name);
  const fs::path from = at.file >= 0 && at.file < static_cast<std::int32_t>(paths_.size())
                            ? directory_of(paths_[static_cast<std::size_t>(at.file)])
                            : fs::path(roots_.front());
  const fs::path path = (written.is_absolute() ? written : from / written).lexically_normal();
  const auto inside = [](const fs::path& p, const fs::path& root) {
    return p.is_absolute() == root.is_absolute() && lies_in(p, root);
  };
  bool allowed =
      std::any_of(roots_.begin(), roots_.end(), [&](const std::string& root) { return inside(path, root); });
  if (allowed && options_.resolve_links) {
    std::error_code error;
    const fs::path real = fs::weakly_canonical(path, error);
    allowed = !error && std::any_of(roots_.begin(), roots_.end(), [&](const std::string& root) {
      std::error_code ignored;
      return lies_in(real, fs::weakly_canonical(root, ignored));
    });
  }
  if (allowed) return path.string();
  diagnostics_.report(
      "WL1009", at,
      fmt::format(
          "\"{}\" lies outside the directory of the scenario; name its directory with --readable to allow it",
          name));
  return std::nullopt;
}

std::optional<Node> ScenarioFiles::read(const std::string& path, Location from) {
  if (std::find(open_.begin(), open_.end(), path) != open_.end()) {
    diagnostics_.report("WL1008", from,
                        fmt::format("\"{}\" extends itself: {} -> {}", path, fmt::join(open_, " -> "), path));
    return std::nullopt;
  }
  if (++files_ > kMaxFiles) {
    if (files_ == kMaxFiles + 1)
      diagnostics_.report("WL1010", from, fmt::format("more than {} files", kMaxFiles));
    return std::nullopt;
  }
  FileContent content = options_.reader(path);
  if (!content.text) {
    diagnostics_.report("WL1007", from, fmt::format("\"{}\" {}", path, content.error));
    return std::nullopt;
  }
  paths_.resize(static_cast<std::size_t>(diagnostics_.sources().size()) + 1);
  paths_.back() = path;
  const std::size_t errors_before = diagnostics_.count(Severity::kError);
  Node document = parse_document(path, std::move(*content.text), diagnostics_);
  if (!document.is_object()) {
    if (diagnostics_.count(Severity::kError) == errors_before) {
      diagnostics_.report("WL1102", document.at,
                          fmt::format("a scenario must be an object, not {}", to_string(document.kind)));
    }
    return std::nullopt;
  }
  if (document.member("extends") == nullptr) return document;
  open_.push_back(path);
  Node base;
  base.kind = Node::Kind::kObject;
  base.at = document.at;
  // Without all that it extends, every field that is missing would be reported as well.
  const bool whole = extend(document, base);
  open_.pop_back();
  if (!whole) return std::nullopt;
  document.erase("extends");
  merge_over(base, std::move(document));
  return base;
}

bool ScenarioFiles::extend(const Node& document, Node& base) {
  bool whole = true;
  const Node& extends = *document.find("extends");
  std::vector<Node> names;
  if (extends.is_array()) {
    names = extends.items;
  } else {
    names.push_back(extends);
  }
  for (const Node& name : names) {
    if (!name.is_string() || name.text.empty()) {
      diagnostics_.report(
          "WL1102", name.at,
          fmt::format("\"extends\" must be a path or a list of paths, not {}", to_string(name.kind)));
      whole = false;
      continue;
    }
    const auto path = resolve(name.text, name.at);
    std::optional<Node> extended = path ? read(*path, name.at) : std::nullopt;
    if (!extended) {
      whole = false;
      continue;
    }
    extended->at = base.at;
    merge_over(base, std::move(*extended));
  }
  return whole;
}

}  // namespace wrackline::scenarios
