// Which node gets a ready task: a pure function over the nodes, the sizes of the inputs and the
// estimate. argmin over nodes of queue + missing bytes / bandwidth + predicted time: no fixed wait
// for locality.

package import SwoopModel

/// The choice of a node.
package enum Placement {
    /// An input as placement sees it.
    package struct Input: Sendable {
        package var byteCount: Int64
        package var locations: [NodeID]

        package init(byteCount: Int64, locations: [NodeID]) {
            self.byteCount = byteCount
            self.locations = locations
        }
    }

    /// The place, in the node table, of the node that would finish the task first; nil: none that
    /// has the program (its place in the table of programs) has room.
    ///
    /// Equal nodes: the one that joined first.
    package static func choose(
        among nodes: [NodeRecord], program: Int, predicted: Int64, inputs: [Input],
        configuration: Scheduler.Configuration
    ) -> Int? {
        var best: (place: Int, cost: Double)?
        for (place, node) in nodes.enumerated()
        where hasRoom(node, for: predicted, of: program, configuration: configuration) {
            let missing = inputs.reduce(Int64(0)) { sum, input in
                input.locations.isEmpty || input.locations.contains(node.id)
                    ? sum : sum + input.byteCount
            }
            let cost =
                Double(node.assignedNanoseconds) / Double(node.slots)
                + Double(missing) / configuration.bytesPerSecond * 1e9
            if cost < best?.cost ?? .infinity { best = (place, cost) }
        }
        return best?.place
    }

    /// Whether a node may be given work of this length and program now: one task a slot always,
    /// more only as far as the horizon of predicted work reaches.
    package static func hasRoom(
        _ node: NodeRecord, for predicted: Int64, of program: Int,
        configuration: Scheduler.Configuration
    ) -> Bool {
        guard node.state(of: program) == .ready else { return false }
        if Int64(node.assigned - node.suspended) < node.slots { return true }
        guard node.assigned < configuration.assignedMax else { return false }
        let horizon = configuration.horizonNanoseconds * node.slots
        return node.assignedNanoseconds < horizon && predicted < horizon
    }
}
