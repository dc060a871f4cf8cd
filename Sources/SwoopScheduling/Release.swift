// What nobody needs any more: tasks are cancelled, pages freed, records forgotten.

import SwoopModel

extension Scheduler {
    mutating func release(
        _ released: some Sequence<TaskID>, of client: ClientID,
        into effects: inout [SchedulerEffect]
    ) {
        for task in released {
            guard let index = tasks.index(of: task), tasks.client(of: index) == client else {
                continue
            }
            tasks[index].isHeld = false
            delivered(task)
            if tasks[index].isWanted { tasks[extra: index].wantedNames.removeAll { $0 == task } }
            discardIfUnneeded(index, into: &effects)
        }
    }

    /// Stops tasks that a client names; an unknown or ended one is left as it is.
    mutating func cancel(
        _ cancelled: [TaskID], of client: ClientID, into effects: inout [SchedulerEffect]
    ) {
        for task in cancelled {
            guard let index = tasks.index(of: task), tasks.client(of: index) == client else {
                continue
            }
            let state = tasks[index].state
            guard !state.isFinal, state != .done else { continue }
            let reason = failure(.cancelled, of: index, "it was cancelled")
            fail(index, reason, into: &effects)
        }
    }

    /// Follows from a record nobody needs to its inputs: cancels, frees and forgets all that only
    /// it needed. Of very many each turn takes some, and a record is looked at again in its turn:
    /// it may be needed by then.
    mutating func discardIfUnneeded(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard tasks.contains(index), !tasks[index].isNeeded else { return }
        unneeded.append(tasks.link(to: index))
        discardUnneeded(into: &effects)
    }

    /// As far as this turn goes.
    mutating func discardUnneeded(into effects: inout [SchedulerEffect]) {
        while discardsLeft > 0, let link = unneeded.popLast() {
            discardsLeft -= 1
            if tasks.isCurrent(link) { discard(link.index, into: &effects) }
        }
    }

    /// Its inputs, if it goes, are the next ones.
    private mutating func discard(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard !tasks[index].isNeeded, !tasks[index].isNew else { return }
        switch tasks[index].state {
        // Client data has no lineage: it stays as long as something is kept that may have to be
        // made of it again; but for what its client can bring once more.
        case .done:
            let isElsewhere = deferredData[index] != nil
            if tasks[index].kind != .data || tasks[index].retainers == 0 || isElsewhere {
                dropPages(of: index, into: &effects)
                freeDeferred(index)
            }
        case .failed, .cancelled: break
        case .waiting, .ready, .leased, .running, .suspended:
            if let node = tasks[index].state.node {
                effects.append(.revoke(node, [currentAttempt(of: index)]))
            }
            abandonData(index, into: &effects)
            forgetDeferred(index)
            stopUnneeded(index)
            if tasks[index].retainers > 0 { tasks.appendInputs(of: index, to: &unneeded) }
        }
        if tasks[index].retainers == 0 { forget(index) }
    }

    /// What was done once stays so: it may have to be made again for those that it was made for.
    private mutating func stopUnneeded(_ index: TaskIndex) {
        change(index, to: tasks[index].isRemade ? .done : .cancelled)
        iterations[index] = nil
        unstoredData[index] = nil
    }

    /// Removes a record from the table; nobody may need its inputs then.
    private mutating func forget(_ index: TaskIndex) {
        tasks.appendInputs(of: index, to: &unneeded)
        unlink(index)
        if !failures.isEmpty { failures[index] = nil }
        if !iterations.isEmpty { iterations[index] = nil }
        forgetDeferred(index)
        if let client = clientPlace(tasks.client(of: index)) {
            clients[client].taskCount -= 1
            if clients[client].taskCount == 0 { clients[client].tasks = [] }
        }
        tasks.remove(index)
    }

    mutating func dropPages(of index: TaskIndex, into effects: inout [SchedulerEffect]) {
        let task = tasks.id(of: index)
        for node in tasks.locations(of: index) {
            effects.append(.dropPages(node, [task]))
            removeLocation(node, of: index)
        }
    }

    // MARK: Bytes for the client

    mutating func want(
        _ wanted: [TaskID], of client: ClientID, into effects: inout [SchedulerEffect]
    ) {
        for task in wanted {
            guard let named = tasks.index(of: task), tasks.client(of: named) == client,
                tasks[named].isHeld
            else {
                reject(.unknownTask, into: &effects)
                let failure = TaskFailure(
                    kind: .lost, message: "the value was released before it was asked for",
                    task: task)
                effects.append(.notify(client, .failed(task, failure)))
                continue
            }
            let index = finalTask(ofLoop: task).flatMap { tasks.index(of: $0) } ?? named
            if !tasks[extra: index].wantedNames.contains(task) {
                tasks[extra: index].wantedNames.append(task)
            }
            if tasks[index].state.isFinal {
                announceFailure(index, into: &effects)
            } else if tasks[index].state == .done {
                if tasks[index].isAvailable {
                    send(index, named: task, into: &effects)
                } else {
                    makeAgainIfLost([index], into: &effects)
                }
            }
        }
    }

    mutating func send(
        _ index: TaskIndex, named name: TaskID, into effects: inout [SchedulerEffect]
    ) {
        guard let stored = tasks.stored(of: index), tasks[index].kind != .iteration else { return }
        let client = reader(of: index, name)
        switch stored {
        case .inline(let bytes):
            effects.append(.deliver(client, name, bytes: bytes))
            if tasks[index].isWanted { tasks[extra: index].wantedNames.removeAll { $0 == name } }
        case .page:
            guard let node = tasks.locations(of: index).first else { return }
            effects.append(.requestOutput(node, tasks.id(of: index), client, name: name))
        }
    }

    /// The client that waits for an output under this name: of what is kept, another than the one
    /// that made it.
    func reader(of index: TaskIndex, _ name: TaskID) -> ClientID {
        tasks.client(of: tasks.index(of: name) ?? index)
    }

    mutating func delivered(_ name: TaskID) {
        let task = finalTask(ofLoop: name) ?? name
        guard let index = tasks.index(of: task), tasks[index].isWanted else { return }
        tasks[extra: index].wantedNames.removeAll { $0 == name }
    }
}
