// Every diagnostic, declared once. A code keeps its meaning for ever; a new meaning gets a new number.
//   10xx reading  11xx fields  12xx properties  13xx matrix  14xx guarantees  15xx faults  16xx expectations
#include <algorithm>
#include <array>

#include "scenarios/diagnostics.hpp"

namespace wrackline::scenarios {

namespace {

constexpr Severity kError = Severity::kError;
constexpr Severity kWarning = Severity::kWarning;
constexpr Severity kNote = Severity::kNote;

constexpr std::array kCodes{
    Code{"WL1001", kError, "not valid JSON with comments",
         "A scenario is JSON in which // and /* */ comments and a comma before a closing bracket are "
         "allowed. The caret "
         "stands where reading stopped; the mistake is there or just before it: most often a missing comma "
         "or quote."},
    Code{"WL1002", kError, "not UTF-8", "Scenario files are UTF-8. Save the file in that encoding."},
    Code{"WL1003", kError, "duplicate key",
         "An object has the same key twice. Most readers of JSON silently keep one of the two; which one, "
         "differs. Remove "
         "one of them."},
    Code{"WL1004", kError, "number too large",
         "Integers are 64 bits wide with a sign: -9223372036854775808 to 9223372036854775807. A larger "
         "number would lose "
         "digits without notice."},
    Code{"WL1005", kError, "nested too deeply", "Objects and lists may be nested 64 levels deep."},
    Code{"WL1006", kError, "file too large",
         "A scenario file may have 4 MiB and 50,000 values. Large inputs belong into a trace."},
    Code{"WL1007", kError, "file can not be read",
         "The file does not exist, is no regular file, or may not be opened."},
    Code{"WL1008", kError, "cycle of extends",
         "A file extends itself, directly or through others. The message lists the way."},
    Code{"WL1009", kError, "path outside the scenario's directory",
         "A scenario may only name files below the directory of the scenario given on the command line, so "
         "that running a "
         "scenario of somebody else reads nothing of yours. --readable DIR allows a further directory."},
    Code{"WL1010", kError, "too many files", "A scenario may consist of 32 files."},

    Code{"WL1101", kError, "unknown field",
         "The object has no field of that name. `wrackline explain scenario` lists the fields; engine "
         "properties "
         "belong into \"config\"."},
    Code{"WL1102", kError, "wrong type", "The field takes another type of value; the message says which."},
    Code{"WL1103", kError, "missing field", "A field without a default is not given."},
    Code{"WL1104", kError, "out of range", "The value lies outside the range of the field."},
    Code{"WL1105", kError, "not one of the choices",
         "The field takes one of a few words; the message lists them."},
    Code{"WL1106", kError, "quantity without a unit, or with a wrong one",
         "Durations, rates and sizes carry their unit, so that nobody has to guess: \"250ms\", \"1h30m\", "
         "\"5k/s\", "
         "\"64KiB\", \"100MB/s\", \"1%\". Engine properties, inside \"config\", are plain numbers in the "
         "engine's unit."},
    Code{"WL1107", kError, "fields exclude or need each other",
         "Of some fields exactly one, or at most one, may be given; others only make sense together. The "
         "message names them."},
    Code{"WL1108", kError, "no such topic, sink or job",
         "The scenario refers to something that it does not declare."},
    Code{"WL1109", kError, "not built yet",
         "The word is reserved for something that this version can not run. It is refused, because "
         "pretending would give a "
         "wrong answer."},
    Code{"WL1110", kError, "version not modelled",
         "Defaults and protocol rules are known for certain versions only; the message lists them."},
    Code{"WL1111", kError, "bad name",
         "Names are 1 to 249 letters, digits, '.', '_' and '-', as Kafka's names of topics."},
    Code{"WL1112", kWarning, "probably not meant",
         "The scenario runs, but a part of it can have no effect or leaves a gap."},
    Code{"WL1113", kError, "empty list", "The list must have at least one entry."},
    Code{"WL1114", kError, "trace can not be used",
         "The recorded trace has rows that are no records, are not in order of arrival, or have times in "
         "another "
         "unit. Each is named by its line and column. \"trace_options\" of the source names the unit and the "
         "columns, and says which rows may be repaired or left out; nothing is repaired unasked."},
    Code{"WL1115", kNote, "trace has peculiarities",
         "The trace is used; what was found in it, or repaired because \"trace_options\" asks for it, is "
         "counted. "
         "Negative delays (a clock that is ahead) count as none on the way to the producer."},
    Code{"WL1116", kError, "inputs can not be joined",
         "A join finds the records of a key in partitions of one number: both topics need as many partitions "
         "(they are copartitioned), and every source a key that decides the partition."},

    Code{"WL1201", kError, "unknown property",
         "The engine has no property of that name (or this component has not: a producer property in a "
         "consumer's config). "
         "`wrackline list properties` shows all of them."},
    Code{"WL1202", kError, "wrong value of a property",
         "The engine itself would refuse this value: wrong type, out of range, or not one of its words."},
    Code{"WL1203", kError, "properties contradict each other",
         "The engine refuses to start with these settings (ConfigException), or refuses the requests that "
         "follow from them."},
    Code{"WL1204", kWarning, "properties do not do what they seem to",
         "The engine starts, but with a setting that silently switches something off or can never work."},
    Code{"WL1205", kNote, "property without effect here",
         "The property is real and is accepted, but nothing in this model depends on it. Every report lists "
         "these."},
    Code{"WL1206", kError, "property of a later version",
         "The property exists, but not in the version that the scenario selects."},
    Code{"WL1207", kError, "property contradicts a field",
         "Some properties are set by fields of the scenario: group.id by \"group\", enable.auto.commit by "
         "\"commit\". Leave out "
         "one of the two."},
    Code{"WL1208", kError, "value not built yet",
         "The property is modelled, but not with this value. It is refused, because ignoring it would give a "
         "wrong answer."},

    Code{"WL1301", kError, "unknown path",
         "A path names a field by its place: \"jobs.totals.parallelism\", \"sources.app.config.linger.ms\", "
         "\"faults.kill-leader.at\". It is followed from the left; the message says where it ends."},
    Code{"WL1302", kError, "malformed axis",
         "An axis is a list of at least one value: { \"axes\": { \"guarantee\": [\"at_least_once\"] } }."},
    Code{"WL1303", kError, "lists of different length in zip",
         "The paths of one \"zip\" group take their first values together, then their second, and so on."},
    Code{"WL1304", kError, "unknown name in where", "\"where\" compares fields of the scenario, by path."},
    Code{"WL1305", kError, "too many cells",
         "The matrix has more than 10,000 cells. Remove an axis, or constrain it with zip."},
    Code{"WL1306", kError, "no cell left", "\"where\" is false for every combination."},
    Code{"WL1307", kError, "malformed --set or --sweep", "--set path=value, --sweep path=value,value,..."},
    Code{"WL1308", kError, "path varied twice",
         "Two axes change the same path; the second would hide the first."},

    Code{"WL1401", kError, "unknown guarantee",
         "A guarantee is a bundle of settings: at_most_once, at_least_once, effectively_once, or one of your "
         "own under "
         "\"guarantees\"."},
    Code{"WL1402", kError, "guarantee not built yet",
         "exactly_once needs transactions, which this version does not model."},
    Code{"WL1403", kWarning, "acknowledged by too few",
         "With min.insync.replicas=1 the leader alone may acknowledge a write with acks=all once its "
         "followers have fallen "
         "out of sync: if it is then lost, so is the write. Set min.insync.replicas to 2 and the replication "
         "factor to 3."},
    Code{"WL1404", kWarning, "explicit setting wins over the guarantee",
         "A guarantee sets what the scenario leaves open. This setting is given explicitly and differs from "
         "what the "
         "guarantee would set, so the run may not have that guarantee. Remove it, or vary it in the matrix."},

    Code{"WL1501", kError, "unknown fault", "`wrackline list faults` shows all faults."},
    Code{"WL1502", kError, "unknown parameter of a fault",
         "`wrackline explain FAULT` shows the parameters of a fault."},
    Code{"WL1503", kError, "missing parameter of a fault",
         "The fault needs a parameter, or a target, that is not given."},
    Code{"WL1504", kError, "fields of a fault do not go together",
         "nth and times count the occurrences of the moment that \"when\" names."},
    Code{"WL1505", kError, "unknown moment",
         "Moments are the steps of the protocols by name; `wrackline list moments` shows all of them."},
    Code{"WL1506", kError, "malformed target",
         "A target is a role (\"broker\") or a selector: \"process(broker-1)\", "
         "\"kafka.leader(topic/partition)\", "
         "\"random(brokers)\"."},
    Code{"WL1507", kError, "id taken",
         "Every fault has its own id; it names its random stream and its line in reports."},
    Code{"WL1508", kWarning, "never strikes",
         "All faults heal at the end of the duration, and then the pipeline must drain. A fault after that "
         "never happens, and makes the verdict inconclusive."},

    Code{"WL1601", kError, "malformed expression",
         "Expressions compare numbers and durations: \"lost == 0\", \"p99(result_latency) < 15s\", "
         "\"late_drop_rate < 1% and "
         "duplicated.sink <= 10\"."},
    Code{"WL1602", kError, "unknown metric",
         "`wrackline list metrics` shows all metrics. Latencies have many values: take one with p50(...), "
         "p99(...), mean(...), max(...)."},
    Code{"WL1603", kError, "quantities do not fit together",
         "A duration can only be compared with a duration (15s), a count or ratio only with a number (10, "
         "1%)."},
};

}  // namespace

std::span<const Code> codes() { return kCodes; }

const Code* find_code(std::string_view name) {
  const auto* const found =
      std::find_if(kCodes.begin(), kCodes.end(), [&](const Code& code) { return code.name == name; });
  return found == kCodes.end() ? nullptr : &*found;
}

}  // namespace wrackline::scenarios
