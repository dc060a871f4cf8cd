// How a tidy test reports: every place at once, each with its reason, in one issue.

import Testing

/// Fails the test that calls it unless there is nothing to report.
func expectNone(_ violations: [String], sourceLocation: SourceLocation = #_sourceLocation) {
    guard !violations.isEmpty else { return }
    let text = "\(violations.count) to mend:\n" + violations.joined(separator: "\n")
    Issue.record(Comment(rawValue: text), sourceLocation: sourceLocation)
}
