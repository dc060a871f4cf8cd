// Outputs that are on this node: stored, read, dropped.

import SwoopModel

extension AgentMachine {
    mutating func lend(
        _ extent: PageExtent, to worker: WorkerID, into effects: inout [AgentEffect]
    ) {
        if let place = place(of: worker), workers[place].state == .ready(worker) {
            workers[place].lent.append(extent)
        } else {
            free(extent, into: &effects)
        }
    }

    mutating func takeBack(
        _ extent: PageExtent, from worker: WorkerID, into effects: inout [AgentEffect]
    ) {
        guard let owner = place(ofTrusted: worker),
            let place = workers[owner].lent.firstIndex(where: { $0.isSamePlace(as: extent) })
        else {
            dropped += 1
            return
        }
        free(workers[owner].lent.remove(at: place), into: &effects)
    }

    mutating func store(
        _ extent: PageExtent, of attempt: AttemptID, from worker: WorkerID,
        into effects: inout [AgentEffect]
    ) {
        guard let owner = place(ofTrusted: worker) else {
            dropped += 1
            return
        }
        // Its word is checked against what this machine lent: the bytes are read by that.
        guard let place = workers[owner].lent.firstIndex(where: { $0.isSamePlace(as: extent) }),
            extent.byteCount <= workers[owner].lent[place].byteCount
        else {
            let text = "it stored a page of \(extent.byteCount) bytes where it had no such room"
            return distrust(worker, text, culprit: attempt, into: &effects)
        }
        guard let run = runs[attempt], run.worker == owner, run.isWithWorker else {
            let text = "it stored a page of a run that it does not have"
            return distrust(worker, text, into: &effects)
        }
        workers[owner].lent.remove(at: place)
        insert(attempt.task, Output(extent: extent, attempt: attempt.number), into: &effects)
    }

    mutating func insert(
        _ task: TaskID, _ output: Output, into effects: inout [AgentEffect]
    ) {
        defer { settleCopy(task) }
        guard let old = outputs[task] else {
            outputs[task] = output
            return
        }
        if old.extent == output.extent { return }
        // The same bytes are here already, made by another attempt: one copy is enough, unless it
        // is going.
        if old.isDropped || old.attempt < output.attempt {
            if old.pins == 0 {
                for place in old.places { free(place, into: &effects) }
                outputs[task] = output
                return
            }
            outputs[task]?.isDropped = false
            outputs[task]?.attempt = output.attempt
            if old.isDamaged {
                // The right bytes take its place; the wrong ones go with their last reader.
                outputs[task]?.extent = output.extent
                return
            }
        }
        free(output.extent, into: &effects)
    }

    mutating func drop(_ tasks: [TaskID], into effects: inout [AgentEffect]) {
        dropLends(tasks, into: &effects)
        for task in tasks {
            copying[task] = nil
            guard let output = outputs[task] else { continue }
            idleCopies[task] = nil
            if output.pins == 0 {
                outputs[task] = nil
                for place in output.places { free(place, into: &effects) }
            } else {
                outputs[task]?.isDropped = true
            }
        }
    }

    mutating func pin(_ task: TaskID) {
        outputs[task]?.pins += 1
        if !idleCopies.isEmpty { idleCopies[task] = nil }
    }

    mutating func unpin(_ task: TaskID, into effects: inout [AgentEffect]) {
        guard var output = outputs[task], output.pins > 0 else { return }
        output.pins -= 1
        outputs[task] = output
        guard output.pins == 0 else { return }
        if output.isDropped {
            outputs[task] = nil
            for place in output.places { free(place, into: &effects) }
        } else if !output.damaged.isEmpty {
            for place in output.damaged { free(place, into: &effects) }
            outputs[task]?.damaged = []
        }
        settleCopy(task)
    }

    /// Gives an extent back; who waits for memory is asked again.
    mutating func free(_ extent: PageExtent, into effects: inout [AgentEffect]) {
        if extent.medium == .memory { room.hasGrown = true }
        effects.append(.free(extent))
    }

    /// Sends an output to the coordinator: it stays where it is until all of it has left.
    mutating func send(_ task: TaskID, into effects: inout [AgentEffect]) {
        guard let output = outputs[task], !output.isDropped else {
            return effects.append(.outputMissing(task))
        }
        sending[task, default: 0] += 1
        pin(task)
        if output.extent.medium == .memory { enterMemory(of: task) }
        effects.append(.sendOutput(task, output.extent))
    }

    mutating func stored(
        data task: TaskID, _ extent: PageExtent, into effects: inout [AgentEffect]
    ) {
        insert(task, Output(extent: extent, attempt: 1), into: &effects)
        let stored = StoredOutput.page(extent.pages)
        reports.append(.ended(AttemptID(task: task, number: 1), .finished(stored), RunRecord()))
    }

    mutating func refused(data task: TaskID, _ reason: String) {
        lends[task] = nil
        let failure = TaskFailure(kind: .noMemory, message: reason, task: task)
        reports.append(.ended(AttemptID(task: task, number: 1), .failed(failure), RunRecord()))
    }

    /// Bytes of all outputs, and of what is lent to be written.
    package var residentBytes: Int64 {
        let written = lends.values.reduce(0) { $0 + ($1?.byteCount ?? 0) }
        return outputs.values.reduce(written) { $0 + $1.extent.byteCount }
    }
}
