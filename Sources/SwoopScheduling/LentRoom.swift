// Deferred data whose client shares the memory of a node: it is lent room there and writes the page
// itself, so that the bytes pass through nobody's hands. Room that a client may be writing in is
// not given to anybody else before the client says that it has ended, or is gone.

package import SwoopModel

/// Room for deferred data in the memory of a node.
package struct RoomLend: Equatable, Sendable {
    /// How far it is.
    package enum Stage: Hashable, Sendable {
        /// The node was asked for it. Can become: lent.
        case wanted
        /// The client knows the place, and writes. Can become: written.
        case lent
        /// The node was told to keep what lies there.
        case written
    }

    package var node: NodeID
    package var byteCount: Int64
    package var stage = Stage.wanted

    var takenBytes: Int64 { StoredOutput.takenBytes(ofPage: byteCount) }
}

/// Room that a client writes in for nobody.
package struct AbandonedLend: Equatable, Sendable {
    package var client: ClientID
    package var node: NodeID
}

extension Scheduler {
    /// The client would rather write than send what it was asked for.
    mutating func wantRoom(
        for task: TaskID, _ byteCount: Int64, on node: NodeID?, of client: ClientID,
        into effects: inout [SchedulerEffect]
    ) {
        guard let index = tasks.index(of: task), tasks.client(of: index) == client,
            deferredData[index]?.stage == .asked, byteCount > 0,
            let node, let place = nodes.place(of: node)
        else { return effects.append(.notify(client, .roomRefused(task))) }
        let lend = RoomLend(node: node, byteCount: byteCount)
        // The only attempt: data never runs.
        tasks[index].attempt = 1
        nodes[place].pageBytes += lend.takenBytes
        deferredData[index]?.lend = lend
        move(index, to: .lent)
        effects.append(.lendRoom(node, task, byteCount: byteCount))
    }

    mutating func lent(
        _ task: TaskID, on node: NodeID, _ offset: Int64, _ byteCount: Int64,
        into effects: inout [SchedulerEffect]
    ) {
        hear(node)
        guard let index = tasks.index(of: task), let lend = deferredData[index]?.lend,
            lend.node == node, byteCount >= lend.byteCount
        else {
            // The client gave it up while the node made room.
            effects.append(.dropPages(node, [task]))
            return reject(.unknownTask, into: &effects)
        }
        guard lend.stage == .wanted else { return reject(.staleAttempt, into: &effects) }
        deferredData[index]?.lend?.stage = .lent
        effects.append(
            .notify(
                tasks.client(of: index), .roomLent(task, offset: offset, byteCount: byteCount)))
    }

    mutating func written(
        _ task: TaskID, _ page: OutputPart, of client: ClientID,
        into effects: inout [SchedulerEffect]
    ) {
        if endAbandonedLend(of: task, client, into: &effects) { return }
        guard let index = tasks.index(of: task), tasks.client(of: index) == client,
            let lend = deferredData[index]?.lend, lend.stage == .lent,
            page.byteCount > 0, page.byteCount <= lend.byteCount
        else { return reject(.unknownTask, into: &effects) }
        deferredData[index]?.lend?.stage = .written
        effects.append(.keepWritten(lend.node, task, page))
    }

    /// A node tells that it keeps what was written there, or that it has no room; false: it was
    /// asked for neither.
    mutating func takeLent(
        _ outcome: RunOutcome, of index: TaskIndex, from node: NodeID,
        into effects: inout [SchedulerEffect]
    ) -> Bool {
        guard let lend = deferredData[index]?.lend, lend.node == node, lend.stage != .lent else {
            return false
        }
        if case .finished(let stored) = outcome {
            guard lend.stage == .written else { return false }
            takeLendFromNode(index)
            move(index, to: .here)
            tasks.store(stored, of: index)
            addLocation(node, of: index)
            settleDeferred(index, into: &effects)
            finish(index, stored: stored, into: &effects)
        } else {
            takeLendFromNode(index)
            move(index, to: .asked)
            effects.append(.notify(tasks.client(of: index), .roomRefused(tasks.id(of: index))))
        }
        return true
    }

    /// Nobody will need the data: its room is freed, unless the client may be writing there.
    mutating func abandonLend(of index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard let data = deferredData[index], let lend = data.lend else { return }
        if !data.staysOnceBrought {
            // It holds the page for the room.
            effects.append(.notify(tasks.client(of: index), .dataSettled(tasks.id(of: index))))
        }
        if lend.stage == .lent {
            abandonedLends[tasks.id(of: index)] = AbandonedLend(
                client: tasks.client(of: index), node: lend.node)
            takeLendFromNode(index)
        } else {
            endLend(of: index, into: &effects)
        }
        move(index, to: .kept)
    }

    /// The room is freed: the client does not write there.
    mutating func endLend(of index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard let lend = deferredData[index]?.lend else { return }
        effects.append(.dropPages(lend.node, [tasks.id(of: index)]))
        takeLendFromNode(index)
    }

    private mutating func takeLendFromNode(_ index: TaskIndex) {
        guard let lend = deferredData[index]?.lend else { return }
        deferredData[index]?.lend = nil
        guard let place = nodes.place(of: lend.node) else { return }
        nodes[place].pageBytes -= lend.takenBytes
    }

    /// A client ended writing for nobody; false: it did not.
    @discardableResult
    mutating func endAbandonedLend(
        of task: TaskID, _ client: ClientID, into effects: inout [SchedulerEffect]
    ) -> Bool {
        guard let lend = abandonedLends[task], lend.client == client else { return false }
        abandonedLends[task] = nil
        effects.append(.dropPages(lend.node, [task]))
        return true
    }

    /// The client is gone: it writes nowhere any more.
    mutating func endLends(of client: ClientID, into effects: inout [SchedulerEffect]) {
        let own = abandonedLends.filter { $0.value.client == client }
        for task in own.keys.sorted() { endAbandonedLend(of: task, client, into: &effects) }
    }

    /// The node is gone, and its memory with it: what was on its way there is asked for again.
    mutating func loseLends(on node: NodeID) {
        abandonedLends = abandonedLends.filter { $0.value.node != node }
        let lost = deferredData.filter { $0.value.lend?.node == node }
        for index in lost.keys.sorted().reversed() {
            deferredData[index]?.lend = nil
            deferAgain(index)
        }
    }
}
