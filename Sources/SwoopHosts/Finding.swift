// What `swoop doctor` finds on a machine: values only.

/// One thing that was looked at on a machine.
package struct Finding: Equatable, Sendable {
    /// How good it is.
    package enum State: String, Hashable, Sendable {
        case fine
        /// Swoop runs, with less than it could have.
        case warning
        /// Swoop does not run, or not with this host.
        case fault
    }

    /// What was looked at, in a word or two: `clock`.
    package var check: String
    package var state: State
    /// What is there.
    package var found: String
    /// How to mend it; empty when it is fine.
    package var advice: String

    package init(_ check: String, _ state: State, _ found: String, advice: String = "") {
        self.check = check
        self.state = state
        self.found = found
        self.advice = advice
    }
}

/// What was found on one machine.
package struct Examination: Equatable, Sendable {
    /// The host as the list names it; nil: this machine.
    package var host: String?
    /// In the order in which it was looked at.
    package var findings: [Finding]

    package init(host: String?, findings: [Finding]) {
        self.host = host
        self.findings = findings
    }
}
