// Distributions of durations, as scenario files write them; sim's distributions draw from them.
#include "engine/workload/delay_profiles.hpp"
#include "scenarios/vocabulary_rows.hpp"

namespace wrackline::scenarios {

namespace {

using namespace rows;

auto kind(LawKind k) {
  return [k](void* target) { as<Law>(target).kind = k; };
}

const ObjectDecl& uniform_decl() {
  static const ObjectDecl decl{"uniform",
                               "Evenly spread.",
                               {required(duration("min", &Law::a, "", {}, "Least value.")),
                                required(duration("max", &Law::b, "", {}, "Greatest value."))},
                               {},
                               {},
                               {},
                               {},
                               [](ReadContext& context, const Node& node, const void* target) {
                                 const Law& law = *static_cast<const Law*>(target);
                                 if (law.a <= law.b) return;
                                 context.diagnostics.report("WL1104", node.at,
                                                            "\"min\" is greater than \"max\"");
                               }};
  return decl;
}
const ObjectDecl& exponential_decl() {
  static const ObjectDecl decl{"exponential",
                               "Exponential.",
                               {required(duration("mean", &Law::a, "", {0, kDay * 366}, "Mean."))},
                               "mean"};
  return decl;
}
const ObjectDecl& normal_decl() {
  static const ObjectDecl decl{
      "normal",
      "Normal; may be negative (a clock in error).",
      {required(duration("mean", &Law::a, "", {}, "Mean.")),
       required(duration("sd", &Law::b, "", {0, kDay * 366}, "Standard deviation."))}};
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

Field knots(std::string_view name, std::string_view doc) {
  Field field{name, FieldType::kKnots, doc};
  field.bind = [](void* target, const FieldValue& v) {
    as<Law>(target).knots = v.knots;
    as<Law>(target).kind = LawKind::kQuantiles;
  };
  return field;
}

const ObjectDecl& quantiles_decl() {
  static const ObjectDecl decl{
      "quantiles",
      "Quantile knots, interpolated linearly in the logarithm: a recorded distribution as a few facts.",
      {[] {
         Field field{"profile", FieldType::kChoice, "A shipped set of knots fitted to a real trace."};
         for (const workload::DelayProfile& profile : workload::delay_profiles()) {
           field.choices.emplace_back(profile.name, profile.description);
         }
         field.bind = [](void* target, const FieldValue& v) { as<Law>(target).profile = v.text; };
         return field;
       }(),
       knots("knots", "Own knots: [[0, \"22ms\"], [0.5, \"107ms\"], [1, \"4673ms\"]].")},
      "profile",
      {{"profile", "knots"}}};
  return decl;
}

const ObjectDecl& weighted_decl() {
  static const ObjectDecl decl{
      "weighted law",
      "One part of a mixture.",
      {with_default(
           positive_number("weight", &WeightedLaw::weight, "", {0, 1'000'000'000}, "Relative weight."), "1"),
       required(object("law", &WeightedLaw::law, law_decl, "The distribution of this part."))}};
  return decl;
}

const ObjectDecl& stall_decl() {
  static const ObjectDecl decl{
      "stall",
      "Two-state: it flows, then everything is held for a while and released together. Both states last "
      "exponentially long.",
      {required([] {
         Field field{"base", FieldType::kObject, "Delay while flowing."};
         field.object = law_decl;
         field.part = [](void* target, const std::string&, Location) -> void* {
           auto& parts = as<Law>(target).parts;
           parts.resize(1);
           return &parts.front().law;
         };
         return field;
       }()),
       required(duration("mean_gap", &Law::a, "", {1, kDay * 366}, "Mean time between stalls.")),
       required(duration("mean_stall", &Law::b, "", {1, kDay * 366}, "Mean length of a stall."))}};
  return decl;
}

}  // namespace

const ObjectDecl& law_decl() {
  static const ObjectDecl decl{
      "distribution",
      "A duration, or a distribution of durations.",
      {also(duration("constant", &Law::a, "", {}, "Always this."), kind(LawKind::kConstant)),
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
       duration("cap", &Law::cap, "", {0, kDay * 366},
                "No value above this; of a stall law, no delay of its base.")},
      "constant",
      {{"constant", "uniform", "exponential", "normal", "lognormal", "pareto", "weibull", "gamma",
        "quantiles", "mixture", "stall"}}};
  return decl;
}

}  // namespace wrackline::scenarios
