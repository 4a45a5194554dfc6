// Rules of graphql-eslint for schema.graphql: its recommended ones and those of Relay, but for what is said here.
import graphql from "@graphql-eslint/eslint-plugin";

const VALUES = [
    "Cadence",
    "EffectiveCadence",
    "CheckInSlot",
    "HolidayCalendar",
  // Values without an identity: a cache keeps them inside the object that they belong to.
  "Actor", "Advice", "Alignment", "Calibration", "CalibrationDecile", "CalibrationMoment", "ChangeCause", "CheckInResult", "CoachingRule", "CoachingSettings",
  "CommentPreview", "CommentRecipient", "CycleAlignment", "CycleRules", "Digest", "DigestAuthor", "DigestAuthors", "DigestChanges",
  "DigestDecision", "DigestDecisions", "DigestExperiment", "DigestExperiments", "DigestLesson", "DigestLessons", "DigestMovement", "DigestMovements", "DigestRoadblock", "DigestRoadblocks",
  "DoubleCount", "DoubleCountPart", "DoubleCounts", "EasedTarget", "EasedTargets",
  "AspirationalSummary", "CheckInRhythm", "CommittedSummary", "CycleSummary", "EasedTargetsSummary", "GuardRailsSummary", "ScoreDistribution",
  "TeamSummary",
  "ExplainedPart", "Explanation", "Explanations", "FoldedParts", "Grade", "KeyResultFormula", "KeyResultSnapshot",
  "MeasureDefinition", "Notification", "NotificationSetting", "PulseResult", "ReactionCount", "ReviewGap",
  "MetricReadingResult", "Milestone", "MilestoneDefinition", "Notice", "ObjectiveTree", "ObjectiveTreeRow",
  "PageInfo", "PathStep", "ProgressDelta", "ProgressPath", "ProgressPaths", "StatusCount", "TargetRevision",
  "RolledOverAlignment", "RolledOverKeyResult", "RolledOverObjective", "Simulation", "SimulationResult",
  "AgendaItem", "AgendaSection", "CheckInAgenda", "MyWork", "WorkItem",
  "ExperimentEffect", "LessonHighlights", "RelatedLesson", "TextFragment",
  "Adjustment", "Forecast", "ForecastInterval", "HistoryPoint", "UserError", "Viewer", "ViewerCan", "VisibilityChange",
  "WebhookAttempt", "WebhookDryRun", "WebhookFilter", "WebhookHeader",
  // Entries of the feed: `seq` identifies them, within the organisation.
  "Change", "ChangePage", "MyWorkChange", "ProgressChange",
];

export default [
  {
    files: ["schema.graphql"],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema: "./schema.graphql" } } },
    plugins: { "@graphql-eslint": graphql },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      "@graphql-eslint/strict-id-in-types": [
        "error",
        { exceptions: { types: VALUES, suffixes: ["Payload", "Connection", "Edge"] } },
      ],
      // The only directive is `@oneOf` of the GraphQL specification, which Strawberry prints without a description.
      "@graphql-eslint/require-description": ["error", { types: true, rootField: true }],
      // Lists that are short by nature (contributors, milestones, deltas) are no connections; those that grow are.
      // A `Token` and a `Webhook` are in connections and no `Node`s, because only admins read them; every other entity is one, which
      // tests/graphql/test_schema.py holds.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false },
      ],
      // `ErrorCode` is the type of `extensions.code`, which no field returns. The rule knows no exceptions;
      // `defined-types-are-used` of graphql-schema-linter finds every other type that is not used.
      "@graphql-eslint/no-unreachable-types": "off",
    },
  },
];
