// What the agent's machine says of itself: why a task is not done, and whether its tables agree.

package import SwoopModel

extension AgentMachine {
    /// Says where a task is and what it waits for, as far as this node knows.
    package func explain(_ task: TaskID) -> String? {
        guard let run = runs.first(where: { $0.key.task == task })?.value else { return nil }
        switch run.state {
        case .waiting: return "waits for \(run.missing) inputs on this node"
        case .ready:
            return workers[run.worker].isIsolating
                ? "waits for a run that must be alone" : "waits for a worker"
        case .dispatched: return "queued in the worker"
        case .running: return run.stopBy == nil ? "on a core" : "being stopped"
        case .suspended: return "waits for its children"
        }
    }

    /// Cores that a run of the task takes, as its function declares.
    package func cores(of task: TaskID) -> Int {
        guard functions.contains(where: { $0.needs.cores > 1 }),
            let run = runs.first(where: { $0.key.task == task })?.value
        else { return 1 }
        return Int(needs(of: run.task.spec).cores)
    }

    /// Traps with a sentence when two tables disagree.
    package func checkInvariants() {
        for (place, worker) in workers.enumerated() {
            let held = runs.values.count { $0.worker == place && $0.isWithWorker }
            precondition(
                held == worker.dispatched,
                "a worker is thought to have \(worker.dispatched) runs, not \(held)")
            precondition(
                worker.id != nil || worker.dispatched == 0 && worker.lent.isEmpty,
                "a worker that is gone has runs or extents")
        }
        precondition(
            functionWorkers.count == functions.count, "a function has no program")
        let queued = workers.map { Set($0.ready) }
        var pins: [TaskID: Int] = [:]
        for (attempt, run) in runs {
            for output in run.pins { pins[output, default: 0] += 1 }
            let extents = run.inputs.count { input in
                if case .extent? = input?.source { true } else { false }
            }
            precondition(extents == run.pins.count, "an input lies in no output that is kept")
            precondition(
                (run.stopBy != nil) == stopping.contains(attempt), "a run is stopped by half")
            guard run.state == .ready else { continue }
            precondition(queued[run.worker].contains(attempt), "a ready run is in no queue")
            precondition(run.inputs.allSatisfy { $0 != nil }, "a ready run lacks an input")
        }
        for (task, count) in sending { pins[task, default: 0] += count }
        checkStore()
        for (task, output) in outputs {
            if output.isSpilling { pins[task, default: 0] += 1 }
            precondition(
                output.pins == pins[task] ?? 0,
                "\(task) counts \(output.pins) readers, not \(pins[task] ?? 0)")
            precondition(
                !output.isDropped || output.pins > 0,
                "\(task) was dropped, is not read, and was not freed")
        }
        let idle = outputs.filter { $0.value.attempt == 0 && $0.value.pins == 0 }
        precondition(
            Set(idle.keys) == Set(idleCopies.keys), "copies that nothing reads are miscounted")
        precondition(
            pins.keys.allSatisfy { outputs[$0] != nil }, "a page that is read was freed")
        precondition(stopping.allSatisfy { runs[$0] != nil }, "a run that ended is to be stopped")
    }

    private func checkStore() {
        var readers: [TaskID: Int] = [:]
        var readBytes: Int64 = 0
        for run in runs.values where run.isWithWorker {
            readBytes += run.pageBytes ?? 0
            for output in run.memoryPins { readers[output, default: 0] += 1 }
        }
        precondition(
            readBytes == room.readBytes, "runs read \(readBytes) bytes, not \(room.readBytes)")
        for (task, output) in outputs {
            let least = readers[task] ?? 0
            precondition(
                output.memoryReaders >= least
                    && output.memoryReaders <= least + (sending[task] ?? 0),
                "\(task) counts \(output.memoryReaders) readers in memory, not \(least)")
            precondition(
                output.leaving == nil || output.memoryReaders > 0,
                "\(task) stays in memory for nobody")
            precondition(
                !output.isSpilling || output.extent.medium == .memory,
                "\(task) is on its way to the disk twice")
        }
        for task in lends.keys {
            precondition(outputs[task] == nil, "\(task) is here and is to be written")
        }
        let pinned = outputs.values.reduce(0) { sum, output in
            sum + (output.memoryReaders > 0 ? (output.leaving ?? output.extent).takenBytes : 0)
        }
        precondition(
            pinned == room.pinnedBytes, "\(pinned) bytes are read, not \(room.pinnedBytes)")
        let spilling = outputs.values.filter(\.isSpilling)
        precondition(spilling.count == room.spilling, "spills are miscounted")
        precondition(
            spilling.reduce(0) { $0 + $1.extent.byteCount } == room.spillingBytes,
            "bytes on their way to the disk are miscounted")
    }
}
