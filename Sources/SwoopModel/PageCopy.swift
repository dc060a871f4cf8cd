// A page that a node is to copy and to keep.

/// What a node is to copy from others: from then on it has it as if it had made it.
package struct PageCopy: Equatable, Sendable {
    /// The attempt that made it.
    package var attempt: AttemptID
    package var pages: StoredPages
    /// Nodes that have it, in the order of asking.
    package var nodes: [NodeID]

    package init(attempt: AttemptID, pages: StoredPages, nodes: [NodeID]) {
        self.attempt = attempt
        self.pages = pages
        self.nodes = nodes
    }
}
