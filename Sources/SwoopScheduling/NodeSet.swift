// A set of nodes by number: nodes are numbered one after the other, so a bit for each is enough.

package import SwoopModel

/// Some of the nodes that have ever joined.
package struct NodeSet: Sendable {
    private var words: [UInt64] = []

    package init() {}

    /// Whether the node is among them.
    package func contains(_ node: NodeID) -> Bool {
        let word = Int(node.rawValue / 64)
        return word < words.count && words[word] & bit(of: node) != 0
    }

    /// Adds a node, unless it is there.
    package mutating func insert(_ node: NodeID) {
        let word = Int(node.rawValue / 64)
        while words.count <= word { words.append(0) }
        words[word] |= bit(of: node)
    }

    private func bit(of node: NodeID) -> UInt64 { 1 << UInt64(node.rawValue % 64) }
}
