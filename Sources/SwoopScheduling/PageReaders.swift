// Who copies a page from whom: its nodes give it to two others each, and so does everyone who
// copies it, so that a page that all nodes read leaves its own node twice and not once for each.

package import SwoopModel

/// A node that was told to copy a page.
package struct PageReader: Sendable {
    package let node: NodeID
    /// Leased tasks there that were told to read the copy.
    package var runs = 0
    /// Until when the copy is counted on, once there are none.
    package var until: Timestamp
}

extension Scheduler {
    /// Nodes that the page is to be asked of, the first one first, for one more run on `node`.
    ///
    /// Readers form a tree in the order in which they were told: each has two that came later below
    /// it, which it serves while its own copy arrives. Behind its reader everyone has the nodes
    /// that keep the page.
    mutating func holders(of input: TaskIndex, for node: NodeID) -> [NodeID] {
        let origins = tasks.locations(of: input)
        guard !origins.isEmpty, !origins.contains(node) else { return origins }
        let now = now
        tasks[extra: input].readers.removeAll {
            $0.runs == 0 && $0.until <= now || origins.contains($0.node)
        }
        let place: Int
        if let known = tasks[extra: input].readers.firstIndex(where: { $0.node == node }) {
            place = known
        } else {
            place = tasks[extra: input].readers.count
            tasks[extra: input].readers.append(PageReader(node: node, until: now))
            noteReading(of: input, by: node)
        }
        tasks[extra: input].readers[place].runs += 1
        let first = place % origins.count
        let rotated = Array(origins[first...] + origins[..<first])
        let served = configuration.copiesGiven * origins.count
        guard place >= served else { return rotated }
        let giver = tasks[extra: input].readers[(place - served) / configuration.copiesGiven]
        return [giver.node] + rotated
    }

    /// Links to what the node does not copy any more are dropped when there are twice as many as
    /// were left the last time.
    private mutating func noteReading(of input: TaskIndex, by node: NodeID) {
        guard let place = nodes.place(of: node) else { return }
        nodes[place].reading.append(tasks.link(to: input))
        guard nodes[place].reading.count >= nodes[place].readingMax else { return }
        nodes[place].reading = tasks.each(of: nodes[place].reading) { index in
            tasks[extra: index].readers.contains { $0.node == node }
        }
        nodes[place].readingMax = 2 * nodes[place].reading.count + 16
    }

    /// Whether the node has a copy of the page, or one is on its way there.
    func isCopying(_ input: TaskIndex, _ node: NodeID) -> Bool {
        tasks[extra: input].readers.contains { $0.node == node && ($0.runs > 0 || $0.until > now) }
    }

    /// Whether the node copies it and others may want to.
    func isCopied(_ input: TaskIndex, by node: NodeID) -> Bool {
        tasks[input].unfinishedDependents > 1 && tasks.hasExtra(input) && isCopying(input, node)
    }

    /// A task that the node held reads its inputs no more.
    mutating func endReading(of index: TaskIndex, on node: NodeID) {
        for input in tasks.inputs(of: index) where tasks.hasExtra(input) {
            guard let place = tasks[extra: input].readers.firstIndex(where: { $0.node == node }),
                tasks[extra: input].readers[place].runs > 0
            else { continue }
            tasks[extra: input].readers[place].runs -= 1
            tasks[extra: input].readers[place].until = now.advanced(by: configuration.copyKept)
        }
    }

    /// The node does not have the copy.
    mutating func forgetReader(_ node: NodeID, of input: TaskIndex) {
        guard tasks.hasExtra(input) else { return }
        tasks[extra: input].readers.removeAll { $0.node == node }
    }
}
