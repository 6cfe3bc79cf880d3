// Completion scripts, made from the commands and their options as the parser has them.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands.hpp"

namespace wrackline::cli {

namespace {

std::string names(const std::vector<CommandWords>& commands) {
  std::string out;
  for (const CommandWords& command : commands) out += (out.empty() ? "" : " ") + command.name;
  return out;
}

/// Words that may follow a command besides files.
std::string words_after(const CommandWords& command) {
  std::string out;
  for (const std::string& option : command.options) out += (out.empty() ? "" : " ") + option;
  if (command.name == "list") out += fmt::format(" {}", fmt::join(list_subjects(), " "));
  if (command.name == "completion") out += " bash zsh fish";
  return out;
}

bool takes_files(const CommandWords& command) {
  return command.name != "list" && command.name != "completion" && command.name != "schema" &&
         command.name != "explain";
}

std::string bash(const std::vector<CommandWords>& commands) {
  std::string out = "_wrackline() {\n  local word=\"${COMP_WORDS[COMP_CWORD]}\"\n";
  out += fmt::format(
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    COMPREPLY=($(compgen -W \"{} --help --version\" -- "
      "\"$word\"))\n    return\n  fi\n",
      names(commands));
  out += "  case \"${COMP_WORDS[1]}\" in\n";
  for (const CommandWords& command : commands) {
    out += fmt::format("    {}) COMPREPLY=($(compgen {}-W \"{}\" -- \"$word\")) ;;\n", command.name,
                       takes_files(command) ? "-f " : "", words_after(command));
  }
  return out + "  esac\n}\ncomplete -F _wrackline wrackline\n";
}

std::string zsh(const std::vector<CommandWords>& commands) {
  std::string out = "#compdef wrackline\n_wrackline() {\n  local -a commands\n  commands=(\n";
  for (const CommandWords& command : commands) out += fmt::format("    '{}:{}'\n", command.name, command.doc);
  out +=
      "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n  case "
      "\"$words[2]\" in\n";
  for (const CommandWords& command : commands) {
    out += fmt::format("    {}) compadd -- {}{} ;;\n", command.name, words_after(command),
                       takes_files(command) ? "; _files" : "");
  }
  return out + "  esac\n}\n_wrackline \"$@\"\n";
}

std::string fish(const std::vector<CommandWords>& commands) {
  std::string out;
  for (const CommandWords& command : commands) {
    out += fmt::format("complete -c wrackline -n __fish_use_subcommand -f -a {} -d '{}'\n", command.name,
                       command.doc);
  }
  for (const CommandWords& command : commands) {
    out += fmt::format("complete -c wrackline -n '__fish_seen_subcommand_from {}' {}-a '{}'\n", command.name,
                       takes_files(command) ? "" : "-f ", words_after(command));
  }
  return out;
}

}  // namespace

int completion(const std::string& shell, const std::vector<CommandWords>& commands, const Streams& streams) {
  streams.out << (shell == "bash" ? bash(commands) : shell == "zsh" ? zsh(commands) : fish(commands));
  return kPass;
}

}  // namespace wrackline::cli
