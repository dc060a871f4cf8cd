// What is known of one function's runs on one node: how records travel to whoever learns from them.

/// Runs of one function on one node, as they were recorded.
package struct FunctionHistory: Equatable, Sendable {
    /// What forecasts are kept under: the same as `FunctionSpec.identity`.
    package var identity: String
    /// Name of the node that the runs were on.
    package var node: String
    /// Whether the program was built with optimisation: models of the two kinds are kept apart.
    package var isOptimised: Bool
    /// The function's fingerprint when it ran: the same as `FunctionSpec.fingerprint`.
    package var fingerprint: UInt64
    /// In the order in which they ended.
    package var records: [RunRecord]

    /// The history of `identity` on `node`.
    package init(
        identity: String, node: String, isOptimised: Bool, fingerprint: UInt64,
        records: [RunRecord]
    ) {
        self.identity = identity
        self.node = node
        self.isOptimised = isOptimised
        self.fingerprint = fingerprint
        self.records = records
    }
}
