// News of attempts. Only the current attempt of a task counts; the rest is dropped and counted.

import SwoopModel

extension Scheduler {
    mutating func take(
        _ reports: [RunReport], from node: NodeID, into effects: inout [SchedulerEffect]
    ) {
        guard let place = nodes.place(of: node) else { return reject(.unknownNode, into: &effects) }
        nodes[place].lastHeard = now
        for report in reports { take(report, from: node, into: &effects) }
    }

    private mutating func take(
        _ report: RunReport, from node: NodeID, into effects: inout [SchedulerEffect]
    ) {
        if case .childrenEnded(_, let function, let records) = report {
            effects.append(.recordChildren(function: function, node, records))
            return
        }
        guard let index = tasks.index(of: report.attempt.task) else {
            giveUpPage(of: report, on: node, into: &effects)
            return reject(.unknownTask, into: &effects)
        }
        if tasks[index].kind == .data {
            return takeData(report, of: index, from: node, into: &effects)
        }
        let isCurrent =
            tasks[index].attempt == report.attempt.number && tasks[index].state.node == node
        // What is final stays so, even for the test that lets old attempts pass.
        guard isCurrent || !configuration.checksAttempts && !tasks[index].state.isFinal else {
            giveUpPage(of: report, on: node, into: &effects)
            return reject(.staleAttempt, into: &effects)
        }
        switch report {
        case .started: started(index, on: node)
        case .suspended: suspended(index, on: node)
        case .resumed: resumed(index, on: node)
        case .returned: returned(index, into: &effects)
        case .ended(_, let outcome, let record):
            ended(index, on: node, outcome, record, into: &effects)
        case .childrenEnded: break
        }
    }

    /// A page that a dropped attempt left is freed, unless it is the one that counts, told of
    /// twice.
    func giveUpPage(
        of report: RunReport, on node: NodeID, into effects: inout [SchedulerEffect]
    ) {
        guard case .ended(let attempt, .finished(.page), _) = report else { return }
        if let index = tasks.index(of: attempt.task), tasks[index].attempt == attempt.number,
            tasks.locations(of: index).contains(node)
        {
            return
        }
        effects.append(.revoke(node, [attempt]))
    }

    private mutating func started(_ index: TaskIndex, on node: NodeID) {
        guard tasks[index].state == .leased(node) else { return }
        change(index, to: .running(node))
        beginLimit(of: index)
    }

    private mutating func suspended(_ index: TaskIndex, on node: NodeID) {
        if tasks[index].state == .running(node) { change(index, to: .suspended(node)) }
    }

    private mutating func resumed(_ index: TaskIndex, on node: NodeID) {
        if tasks[index].state == .suspended(node) { change(index, to: .running(node)) }
    }

    /// Never started, and charged nothing: it may go anywhere again.
    mutating func returned(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        takeBack(index)
        makeAgainIfLost(tasks.inputs(of: index), into: &effects)
        settleInputs(of: index, into: &effects)
    }

    private mutating func ended(
        _ index: TaskIndex, on node: NodeID, _ outcome: RunOutcome, _ record: RunRecord,
        into effects: inout [SchedulerEffect]
    ) {
        let moved =
            tasks.hasExtra(index)
            ? UInt64(max(0, tasks[extra: index].booking.movedBytes)) : 0
        takeBack(index)
        charge(record, of: index)
        switch outcome {
        case .finished(let stored):
            if moved > 0 { count(tasks.client(of: index)) { $0.movedBytes &+= moved } }
            effects.append(.recordRun(tasks.function(of: index), node, record))
            noteSuccess(of: index, on: node)
            count(tasks.client(of: index)) {
                $0.bytesIn &+= UInt64(max(0, record.bytesIn))
                $0.bytesOut &+= UInt64(max(0, record.bytesOut))
            }
            tasks.store(stored, of: index)
            learnOutput(of: index, stored)
            if case .page = stored { addLocation(node, of: index) }
            finish(index, stored: stored, into: &effects)
        case .cancelled:
            returned(index, into: &effects)
        case .failed(var failure):
            failure.attempt = countedRun(of: index)
            if let place = nodes.place(of: node) { failure.node = nodes[place].description.name }
            guard failure.kind == .died else {
                return failed(index, with: failure, on: node, into: &effects)
            }
            tasks[extra: index].charged += 1
            tasks[index].isIsolated = true
            if tasks[extra: index].charged < configuration.attemptsMax {
                let text = "\(name(of: index)) is tried again: \(failure.message)"
                effects.append(.notify(tasks.client(of: index), .remark(text)))
                returned(index, into: &effects)
            } else {
                failure.message += " It was tried \(tasks[extra: index].charged) times."
                fail(index, failure, into: &effects)
            }
        }
    }

    /// The output is where it is known to be: who waits for it is told.
    mutating func finish(
        _ index: TaskIndex, stored: StoredOutput, into effects: inout [SchedulerEffect]
    ) {
        change(index, to: .done)
        announceDone(index, stored, into: &effects)
        let inputs = tasks.inputs(of: index)
        if case .inline = stored { unlink(index) }
        // The end of a loop may forget this record, and the next round take its place.
        let own = tasks.link(to: index)
        for input in inputs { discardIfUnneeded(input, into: &effects) }
        wakeDependents(of: index, into: &effects)
        if tasks.isCurrent(own) { discardIfUnneeded(index, into: &effects) }
    }

    private mutating func wakeDependents(
        of index: TaskIndex, into effects: inout [SchedulerEffect]
    ) {
        for link in tasks.dependents(of: index) where tasks.isCurrent(link) {
            guard tasks[link.index].state == .waiting, !tasks[link.index].isNew else { continue }
            tasks[link.index].unmet -= 1
            if tasks[link.index].unmet <= 0 { settleInputs(of: link.index, into: &effects) }
        }
    }

    /// Tells the client once; what it waits for is sent every time that it becomes available.
    ///
    /// - Parameter known: the output, where it is at hand.
    mutating func announceDone(
        _ index: TaskIndex, _ known: StoredOutput? = nil, into effects: inout [SchedulerEffect]
    ) {
        if tasks[index].isHeld && !tasks[index].isAnnounced {
            tasks[index].isAnnounced = true
            var value: [UInt8]?
            var elements: Int64 = 1
            let stored = known ?? tasks.stored(of: index)
            switch stored {
            case .inline(let bytes): value = bytes
            case .page(let pages): elements = pages.elementCount
            case nil: break
            }
            effects.append(
                .notify(
                    tasks.client(of: index),
                    .finished(
                        tasks.id(of: index), value: value,
                        byteCount: stored?.byteCount ?? 0,
                        elementCount: elements)))
        }
        guard tasks[index].isWanted else { return }
        for name in tasks[extra: index].wantedNames { send(index, named: name, into: &effects) }
    }

    mutating func fail(
        _ index: TaskIndex, _ failure: TaskFailure, into effects: inout [SchedulerEffect]
    ) {
        var work = [(index, failure)]
        while let (next, reason) = work.popLast() {
            guard tasks.contains(next), !tasks[next].state.isFinal else { continue }
            if let node = tasks[next].state.node {
                effects.append(.revoke(node, [currentAttempt(of: next)]))
            }
            abandonData(next, into: &effects)
            forgetDeferred(next)
            // What is cancelled, or needs what is, did not fail.
            tasks[next].isStopped = failure.kind == .cancelled
            setFailed(next, reason)
            announceFailure(next, into: &effects)
            for link in tasks.dependents(of: next) where tasks.isCurrent(link) {
                guard tasks[link.index].state != .done else { continue }
                work.append((link.index, inputFailure(of: link.index, from: next)))
            }
            let inputs = tasks.inputs(of: next)
            for input in inputs { discardIfUnneeded(input, into: &effects) }
        }
        discardIfUnneeded(index, into: &effects)
    }

    mutating func setFailed(_ index: TaskIndex, _ failure: TaskFailure) {
        change(index, to: .failed)
        failures[index] = failure
        noteLoss(of: index)
        iterations[index] = nil
        unstoredData[index] = nil
    }

    /// Tells the client once, and everybody who waits for the bytes: they may have been there and
    /// be lost.
    mutating func announceFailure(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        var names = tasks[extra: index].wantedNames
        let id = tasks.id(of: index)
        if tasks[index].isHeld && !tasks[index].isAnnounced && !names.contains(id) {
            names.append(id)
        }
        guard !names.isEmpty else { return }
        tasks[index].isAnnounced = true
        if tasks[index].isWanted { tasks[extra: index].wantedNames = [] }
        let failure = failures[index] ?? failure(.cancelled, of: index, "it was cancelled")
        for name in names {
            effects.append(.notify(reader(of: index, name), .failed(name, failure)))
        }
    }

    func currentAttempt(of index: TaskIndex) -> AttemptID {
        AttemptID(task: tasks.id(of: index), number: tasks[index].attempt)
    }

    /// Short name of the task's function.
    func name(of index: TaskIndex) -> String {
        let place = Int(tasks.function(of: index).rawValue)
        if place < functions.count { return functions[place].name }
        return tasks[index].kind == .data ? "data" : "loop"
    }

    /// Whether the task is a loop over a part of a collection, or a step that follows one.
    func isLoop(_ index: TaskIndex) -> Bool {
        let place = Int(tasks.function(of: index).rawValue)
        guard place < functions.count else { return false }
        if case .remote = functions[place].code { return false }
        return true
    }

    func failure(_ kind: FailureKind, of index: TaskIndex, _ reason: String) -> TaskFailure {
        let id = tasks.id(of: index)
        var failure = TaskFailure(kind: kind, message: "\(name(of: index)): \(reason)", task: id)
        failure.function = name(of: index)
        failure.attempt = countedRun(of: index)
        return failure
    }

    func inputFailure(of index: TaskIndex, from input: TaskIndex) -> TaskFailure {
        guard var cause = failures[input] else {
            return failure(.cancelled, of: index, "an input of it was cancelled")
        }
        // The client's own data and files: its caller is told what is wrong with them, not that
        // something else failed.
        if tasks[input].kind == .data || cause.kind.isOfSource { return cause }
        // Steps of loops over collections: what a user wrote as one chain fails as one.
        if isLoop(index) && isLoop(input) { return cause }
        // Nothing went wrong: whoever cancelled the input has stopped all that needs it.
        if cause.kind == .cancelled {
            return failure(
                .cancelled, of: index, "it was cancelled with its input \(name(of: input))")
        }
        if cause.kind != .inputFailed {
            cause.message = "not run, since its input \(name(of: input)) failed: \(cause.message)"
        }
        cause.kind = .inputFailed
        return cause
    }
}
