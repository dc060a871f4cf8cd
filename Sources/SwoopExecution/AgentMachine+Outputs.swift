// Outputs that are on this node: stored, read, dropped.

import SwoopModel

extension AgentMachine {
    mutating func lend(
        _ extent: PageExtent, to worker: WorkerID, into effects: inout [AgentEffect]
    ) {
        if let place = place(of: worker), workers[place].state == .ready(worker) {
            workers[place].lent.append(extent)
        } else {
            effects.append(.free(extent))
        }
    }

    mutating func store(
        _ extent: PageExtent, of attempt: AttemptID, from worker: WorkerID,
        into effects: inout [AgentEffect]
    ) {
        guard let owner = place(of: worker), workers[owner].state == .ready(worker),
            let place = workers[owner].lent.firstIndex(where: { $0.offset == extent.offset })
        else {
            dropped += 1
            return
        }
        workers[owner].lent.remove(at: place)
        insert(attempt.task, Output(extent: extent, attempt: attempt.number), into: &effects)
    }

    mutating func insert(
        _ task: TaskID, _ output: Output, into effects: inout [AgentEffect]
    ) {
        guard let old = outputs[task] else {
            outputs[task] = output
            return
        }
        if old.extent == output.extent { return }
        // The same bytes are here already, made by another attempt: one copy is enough, unless it
        // is going.
        if old.isDropped || old.attempt < output.attempt {
            if old.pins > 0 {
                outputs[task]?.isDropped = false
                outputs[task]?.attempt = output.attempt
                effects.append(.free(output.extent))
            } else {
                effects.append(.free(old.extent))
                outputs[task] = output
            }
        } else {
            effects.append(.free(output.extent))
        }
    }

    mutating func drop(_ tasks: [TaskID], into effects: inout [AgentEffect]) {
        for task in tasks {
            guard let output = outputs[task] else { continue }
            if output.pins == 0 {
                outputs[task] = nil
                effects.append(.free(output.extent))
            } else {
                outputs[task]?.isDropped = true
            }
        }
    }

    mutating func pin(_ task: TaskID) { outputs[task]?.pins += 1 }

    mutating func unpin(_ task: TaskID, into effects: inout [AgentEffect]) {
        guard var output = outputs[task], output.pins > 0 else { return }
        output.pins -= 1
        outputs[task] = output
        if output.pins == 0 && output.isDropped {
            outputs[task] = nil
            effects.append(.free(output.extent))
        }
    }

    mutating func stored(
        data task: TaskID, _ extent: PageExtent, into effects: inout [AgentEffect]
    ) {
        insert(task, Output(extent: extent, attempt: 1), into: &effects)
        let stored = StoredOutput.page(extent.pages)
        reports.append(.ended(AttemptID(task: task, number: 1), .finished(stored), RunRecord()))
    }

    mutating func refused(data task: TaskID, _ reason: String) {
        let failure = TaskFailure(kind: .noMemory, message: reason, task: task)
        reports.append(.ended(AttemptID(task: task, number: 1), .failed(failure), RunRecord()))
    }

    /// Bytes of all outputs.
    package var residentBytes: Int64 { outputs.values.reduce(0) { $0 + $1.extent.byteCount } }
}
