// Pages that the coordinator has copied here, since their node is to leave: fetched like inputs,
// and kept as if a run of this node had left them.

import SwoopModel

extension AgentMachine {
    mutating func copy(_ copies: [PageCopy], into effects: inout [AgentEffect]) {
        for copy in copies {
            let task = copy.attempt.task
            if let output = outputs[task], !output.isDropped, !output.isDamaged {
                keep(task, as: copy.attempt.number, into: &effects)
                continue
            }
            copying[task] = copy.attempt.number
            let nodes = copy.nodes.filter { $0 != node }
            let input = AssignedInput(task: task, source: .stored(copy.pages, nodes: nodes))
            guard awaits(input, into: &effects) else {
                failCopy(of: task, "no node was named that has it", into: &effects)
                continue
            }
        }
    }

    /// The page is here: it is no passing copy any more, if it was to be kept.
    mutating func keepCopied(_ task: TaskID, into effects: inout [AgentEffect]) {
        guard let attempt = copying.removeValue(forKey: task) else { return }
        keep(task, as: attempt, into: &effects)
    }

    private mutating func keep(
        _ task: TaskID, as attempt: UInt32, into effects: inout [AgentEffect]
    ) {
        guard let output = outputs[task] else { return }
        if output.attempt == 0 {
            outputs[task]?.attempt = attempt
            settleCopy(task)
        }
        effects.append(.tellCopied(task))
    }

    /// The page did not come, or there is no room for it.
    mutating func failCopy(of task: TaskID, _ reason: String, into effects: inout [AgentEffect]) {
        guard copying.removeValue(forKey: task) != nil else { return }
        let name = configuration.nodeName.isEmpty ? "the node" : "node \(configuration.nodeName)"
        effects.append(
            .tellNotCopied(
                TaskFailure(
                    kind: .lost, message: "\(name) could not copy it: \(reason)", task: task)))
    }
}
