// Why a task is where it is, and what it waits for: a user feature (`swoop explain`), and the first
// thing to print when an invariant breaks.

package import SwoopModel

/// The answer to "why is this task not done?".
package struct Explanation: Equatable, Sendable {
    package var state: String
    package var reasons: [String]
}

extension Scheduler {
    /// Says where a task is and what it waits for; nil when the table does not have it.
    package func explain(_ task: TaskID) -> Explanation? {
        guard let index = tasks.index(of: task) else { return nil }
        let record = tasks[index]
        var reasons: [String] = []
        switch record.state {
        case .waiting:
            if record.isNew { reasons.append("its plan is being taken in") }
            for input in tasks.inputs(of: index) where !tasks[input].isAvailable {
                reasons.append("waits for \(name(of: input)) (\(tasks.id(of: input)))")
            }
            if let data = unstoredData[index] {
                let names = data.pending.map { "node \($0.rawValue)" }.joined(separator: ", ")
                reasons.append(
                    names.isEmpty ? "no node has joined to store it" : "being stored on \(names)")
            }
            if let last = tasks[extra: index].setbacks.last {
                reasons.append("failed on \(last.name), and waits for another try")
            }
            if let iteration = iterations[index] {
                reasons.append("round \(iteration.round) of at most \(iteration.spec.limit)")
            }
        case .ready:
            let program = programPlace(of: index) ?? 0
            if nodes.nodes.isEmpty {
                reasons.append("no node has joined")
            } else if nodes.nodes.allSatisfy({ $0.drain != nil }) {
                reasons.append("every node is about to leave")
            } else if !takesWork(of: program) {
                reasons.append("no node has its program yet")
            } else {
                reasons.append(reasonToWait(index, of: program))
            }
        case .leased(let node): reasons.append("granted to node \(node.rawValue), not started")
        case .running(let node): reasons.append("on a core of node \(node.rawValue)")
        case .suspended(let node):
            reasons.append("waits for its children on node \(node.rawValue)")
        case .done:
            reasons.append(record.isAvailable ? "its output is stored" : "its output was freed")
        case .failed: reasons.append(failures[index]?.message ?? "failed")
        case .cancelled: reasons.append("nobody needed it any more")
        }
        return Explanation(state: "\(record.state)", reasons: reasons)
    }

    /// Why a ready task is with no node.
    private func reasonToWait(_ index: TaskIndex, of program: Int) -> String {
        let demand = demand(of: index)
        let choice = Placement.choose(
            among: nodes, absent: absentNodes, program: program, demand, inputs: [],
            configuration: configuration)
        guard case .noMemory = choice else {
            return "every node holds as much work ahead as it should"
        }
        return demand.effect == .unknown
            ? "nobody knows what \(name(of: index)) leaves, and as many as there are cores try"
            : "no node has room for the \(demand.bytes) bytes that it takes, and running tasks make some"
    }
}
