// Distributions of durations, as scenario files write them; sim's distributions draw from them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/workload/delay_models.hpp"
#include "engine/workload/delay_profiles.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

/// Ten years: clocks that lost their battery, devices that were offline; far from the ends of 64 bits.
constexpr std::int64_t kLongest = kDay * 3660;

/// What the drawn times are, and so how far below zero a law may reach.
enum class Of {
  kDurations,  ///< how long something takes
  kDelays,     ///< of events: recorded ones may be negative (a clock that is ahead) and then count as none
  kErrors,     ///< of a clock: ahead or behind
};

auto kind(LawKind k) {
  return [k](void* target) { as<Law>(target).kind = k; };
}

void least_and_greatest(ReadContext& context, const Node& node, const void* target) {
  const Law& law = *static_cast<const Law*>(target);
  if (law.a <= law.b) return;
  context.diagnostics.report("WL1104", node.at, "\"min\" is greater than \"max\"");
}

Field knots(std::string_view name, std::string_view doc, std::int64_t least) {
  Field field{name, FieldType::kKnots, doc};
  field.min = least;
  field.max = kLongest;
  field.bind = [](void* target, const FieldValue& v) {
    as<Law>(target).knots = v.knots;
    as<Law>(target).kind = LawKind::kQuantiles;
  };
  return field;
}

const ObjectDecl& exponential_decl() {
  static const ObjectDecl decl{"exponential",
                               "Exponential.",
                               {required(duration("mean", &Law::a, "", {0, kDay * 366}, "Mean."))},
                               "mean"};
  return decl;
}
const ObjectDecl& lognormal_decl() {
  static const ObjectDecl decl{
      "lognormal",
      "Lognormal: the body of most network delays.",
      {required(duration("median", &Law::a, "", {1, kDay * 366}, "Median.")),
       required(number("sigma", &Law::shape, "", {0, 10}, "Standard deviation of the logarithm."))}};
  return decl;
}
const ObjectDecl& pareto_decl() {
  static const ObjectDecl decl{"pareto",
                               "Pareto: a heavy tail. Give a cap, or expect anything.",
                               {required(duration("scale", &Law::a, "", {1, kDay * 366}, "Least value.")),
                                required(positive_number("shape", &Law::shape, "", {0, 100},
                                                         "Tail index; the mean is infinite up to 1."))}};
  return decl;
}
const ObjectDecl& weibull_decl() {
  static const ObjectDecl decl{
      "weibull",
      "Weibull.",
      {required(duration("scale", &Law::a, "", {1, kDay * 366}, "Scale.")),
       required(positive_number("shape", &Law::shape, "", {0, 100}, "Shape; below 1 the tail is heavy."))}};
  return decl;
}
const ObjectDecl& gamma_decl() {
  static const ObjectDecl decl{"gamma",
                               "Gamma.",
                               {required(duration("mean", &Law::a, "", {1, kDay * 366}, "Mean.")),
                                required(positive_number("shape", &Law::shape, "", {0, 1000}, "Shape."))}};
  return decl;
}

/// The declarations of one kind of law; those of a law inside another are of the same kind.
template <Of kOf>
struct Laws {
  /// Of a value that is fixed, typical or the greatest; and of one that is only the least.
  static constexpr std::int64_t kLeast = kOf == Of::kErrors ? -kLongest : 0;
  static constexpr std::int64_t kLowest = kOf == Of::kDurations ? 0 : -kLongest;

  /// One set of definitions for each in the schema.
  static ObjectDecl of_kind(ObjectDecl decl) {
    decl.variant = kOf == Of::kErrors ? "signed" : kOf == Of::kDelays ? "of delays" : "";
    return decl;
  }

  static const ObjectDecl& uniform_decl() {
    static const ObjectDecl decl =
        of_kind({"uniform",
                 "Evenly spread.",
                 {required(duration("min", &Law::a, "", {kLowest, kLongest}, "Least value.")),
                  required(duration("max", &Law::b, "", {kLeast, kLongest}, "Greatest value."))},
                 {},
                 {},
                 {},
                 {},
                 least_and_greatest});
    return decl;
  }
  static const ObjectDecl& normal_decl() {
    static const ObjectDecl decl =
        of_kind({"normal",
                 kOf == Of::kErrors ? "Normal; may be negative (a clock in error)."
                                    : "Normal; what is drawn below zero is none.",
                 {required(duration("mean", &Law::a, "", {kLowest, kLongest}, "Mean.")),
                  required(duration("sd", &Law::b, "", {0, kDay * 366}, "Standard deviation."))},
                 {},
                 {},
                 {},
                 {},
                 [](ReadContext& context, const Node& node, const void* target) {
                   const Law& law = *static_cast<const Law*>(target);
                   if (kOf == Of::kErrors || law.a + 3 * law.b >= Duration{0}) return;
                   context.diagnostics.report("WL1104", node.at,
                                              "\"mean\" lies so far below zero that nothing takes that long");
                 }});
    return decl;
  }
  static const ObjectDecl& quantiles_decl() {
    static const ObjectDecl decl = of_kind(
        {"quantiles",
         "Quantile knots, interpolated linearly in the logarithm: a recorded distribution as a few facts.",
         {[] {
            Field field{"profile", FieldType::kChoice, "A shipped set of knots fitted to a real trace."};
            for (const workload::DelayProfile& profile : workload::delay_profiles()) {
              field.choices.emplace_back(profile.name, profile.description);
            }
            field.bind = [](void* target, const FieldValue& v) { as<Law>(target).profile = v.text; };
            return field;
          }(),
          knots("knots", "Own knots: [[0, \"22ms\"], [0.5, \"107ms\"], [1, \"4673ms\"]].", kLowest)},
         "profile",
         {{"profile", "knots"}},
         {},
         {},
         [](ReadContext& context, const Node& node, const void* target) {
           const Law& law = *static_cast<const Law*>(target);
           if (law.knots.empty() || law.knots.back().second >= Duration{kLeast}) return;
           context.diagnostics.report("WL1104", node.at, "all knots are below zero: nothing takes that long");
         }});
    return decl;
  }
  static const ObjectDecl& weighted_decl() {
    static const ObjectDecl decl =
        of_kind({"weighted law",
                 "One part of a mixture.",
                 {with_default(positive_number("weight", &WeightedLaw::weight, "", {0, 1'000'000'000},
                                               "Relative weight."),
                               "1"),
                  required(object("law", &WeightedLaw::law, law_decl, "The distribution of this part."))}});
    return decl;
  }
  /// The one law inside another.
  static Field inner_law(std::string_view name, std::string_view doc) {
    Field field{name, FieldType::kObject, doc};
    field.object = law_decl;
    field.part = [](void* target, const std::string&, Location) -> void* {
      auto& parts = as<Law>(target).parts;
      parts.resize(1);
      return &parts.front().law;
    };
    return field;
  }
  static const ObjectDecl& stall_decl() {
    static const ObjectDecl decl = of_kind(
        {"stall",
         "Two-state: it flows, then everything is held for a while and released together. Both states last "
         "exponentially long.",
         {required(inner_law("base", "Delay while flowing.")),
          required(duration("mean_gap", &Law::a, "", {1, kDay * 366}, "Mean time between stalls.")),
          required(duration("mean_stall", &Law::b, "", {1, kDay * 366}, "Mean length of a stall."))}});
    return decl;
  }
  /// A shift takes a law below zero: some of it may be, not all.
  static void check_shift(ReadContext& context, const Node& node, const void* target) {
    const Law& law = *static_cast<const Law*>(target);
    if (kOf == Of::kErrors || !law.shift || *law.shift >= Duration{0}) return;
    const bool fixed = law.kind == LawKind::kConstant;
    const bool even = law.kind == LawKind::kUniform;
    if (!fixed && !even) return;
    const Duration greatest = (fixed ? law.a : law.b) + *law.shift;
    const Member* const given = node.member("shift");
    if (greatest >= Duration{0} || given == nullptr) return;
    context.diagnostics.report("WL1104", given->value.at,
                               "\"shift\" takes every value below zero: nothing takes that long");
  }
  static const ObjectDecl& law_decl();
};

template <Of kOf>
const ObjectDecl& Laws<kOf>::law_decl() {
  static const ObjectDecl decl = of_kind(
      {"distribution",
       "A duration, or a distribution of durations.",
       {also(duration("constant", &Law::a, "", {kLeast, kLongest}, "Always this."), kind(LawKind::kConstant)),
        also(inline_object("uniform", uniform_decl, "Evenly between min and max."), kind(LawKind::kUniform)),
        also(inline_object("exponential", exponential_decl, "Exponential with this mean."),
             kind(LawKind::kExponential)),
        also(inline_object("normal", normal_decl, "Normal."), kind(LawKind::kNormal)),
        also(inline_object("lognormal", lognormal_decl, "Lognormal."), kind(LawKind::kLognormal)),
        also(inline_object("pareto", pareto_decl, "Pareto."), kind(LawKind::kPareto)),
        also(inline_object("weibull", weibull_decl, "Weibull."), kind(LawKind::kWeibull)),
        also(inline_object("gamma", gamma_decl, "Gamma."), kind(LawKind::kGamma)),
        also(inline_object("quantiles", quantiles_decl, "A recorded distribution, by quantiles."),
             kind(LawKind::kQuantiles)),
        also(at_least_one(list("mixture", &Law::parts, weighted_decl, "One of several, by weight.")),
             kind(LawKind::kMixture)),
        also(inline_object("stall", stall_decl, "Correlated: flows and stalls."), kind(LawKind::kStall)),
        duration("shift", &Law::shift, "", {-kLongest, kLongest},
                 "Added to every value; of a stall law, to those of its base."),
        duration("cap", &Law::cap, "", {0, kDay * 366},
                 "No value above this; of a stall law, no delay of its base.")},
       "constant",
       {{"constant", "uniform", "exponential", "normal", "lognormal", "pareto", "weibull", "gamma",
         "quantiles", "mixture", "stall"}},
       {},
       {},
       check_shift});
  return decl;
}

}  // namespace

const ObjectDecl& law_decl() { return Laws<Of::kDurations>::law_decl(); }
const ObjectDecl& signed_law_decl() { return Laws<Of::kErrors>::law_decl(); }

namespace {

const ObjectDecl& batch_decl() {
  static const ObjectDecl decl{
      "batch",
      "A device collects and uploads at fixed times; what was made in between arrives together.",
      {required(duration("period", &Law::a, "", {1, kDay * 366}, "Time between uploads.")),
       with_default(Laws<Of::kDurations>::inner_law("transfer", "Time of a whole upload."), "0s"),
       with_default(ratio("fails", &Law::shape, "", "Share of the uploads that fail at first."), "0%"),
       with_default(ratio("fails_again", &Law::again, "", "Share of the repetitions that fail too."), "0%"),
       duration("retry", &Law::b, "1m", {1, kDay * 366}, "Until a failed upload is repeated.")}};
  return decl;
}

const ObjectDecl& autoregressive_decl() {
  static const ObjectDecl decl{
      "autoregressive",
      "Each delay is like the one before it.",
      {required(Laws<Of::kDelays>::inner_law("law",
                                             "The law of a single delay; no mixture, gamma law or stalls.")),
       required([] {
         Field field =
             number("lag1", &Law::shape, "", {-1, 1},
                    "Correlation from record to record, of normal scores; about that of log delay.");
         return field;
       }())}};
  return decl;
}

const ObjectDecl& fraction_decl() {
  static const ObjectDecl decl{
      "fraction delayed",
      "The generator of the out-of-order literature: a share of the records is delayed, the rest is not.",
      {required(ratio("share", &Law::shape, "", "Of the records.")),
       duration("min", &Law::a, "0s", {0, kDay * 366}, "Least delay of those."),
       required(duration("max", &Law::b, "", {0, kDay * 366}, "Greatest delay of those."))},
      {},
      {},
      {},
      {},
      least_and_greatest};
  return decl;
}

Field model_field() {
  Field field{"model", FieldType::kChoice, "A model of a whole domain, by name (science.md 6.1)."};
  for (const workload::DelayModel& model : workload::delay_models())
    field.choices.emplace_back(model.name, model.description);
  field.bind = [](void* target, const FieldValue& v) {
    as<Law>(target).profile = v.text;
    as<Law>(target).kind = LawKind::kModel;
  };
  return field;
}

/// What a law can be here and nowhere else.
constexpr std::array kOfDelays{std::string_view{"batch"}, std::string_view{"autoregressive"},
                               std::string_view{"fraction_delayed"}, std::string_view{"model"}};

void check_delay(ReadContext& context, const Node& node, const void* target) {
  Laws<Of::kDelays>::check_shift(context, node, target);
  for (const std::string_view kind : kOfDelays) {
    if (node.member(kind) == nullptr || kind == "fraction_delayed") continue;
    for (const std::string_view bound : {"shift", "cap"}) {
      const Member* const given = node.member(bound);
      if (given == nullptr) continue;
      context.diagnostics.report(
          "WL1107", given->key_at,
          fmt::format("\"{}\" and \"{}\" exclude each other{}", kind, bound,
                      kind == "model" ? "" : fmt::format("; give \"{}\" to the law inside", bound)));
    }
  }
}

}  // namespace

const ObjectDecl& delay_decl() {
  static const ObjectDecl decl = [] {
    ObjectDecl made = Laws<Of::kDelays>::law_decl();
    made.name = "delay";
    made.variant = {};
    made.doc = "How long events take to the producer: a duration, a distribution, or a model of its story.";
    std::vector<Field> own{
        also(inline_object("batch", batch_decl, "Correlated: collected, then uploaded together."),
             kind(LawKind::kBatch)),
        also(inline_object("autoregressive", autoregressive_decl, "Correlated: each like the one before it."),
             kind(LawKind::kAutoregressive)),
        also(inline_object("fraction_delayed", fraction_decl, "A share is delayed evenly, the rest is not."),
             kind(LawKind::kFraction)),
        model_field()};
    const auto bounds = std::find_if(made.fields.begin(), made.fields.end(),
                                     [](const Field& field) { return field.name == "shift"; });
    made.fields.insert(bounds, own.begin(), own.end());
    made.exactly_one.front().insert(made.exactly_one.front().end(), kOfDelays.begin(), kOfDelays.end());
    made.check = check_delay;
    return made;
  }();
  return decl;
}

}  // namespace wrackline::scenarios
