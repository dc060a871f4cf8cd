// Data that stays with its client until there is room for it: parts of files, say, that are read
// when they are asked for. What was asked for and is not used up yet is bounded; a page of it that
// is needed again is asked for again, since the client still has its source.

import SwoopModel

/// Client data that is asked for when there is room.
package struct DeferredData: Equatable, Sendable {
    /// Where the bytes are.
    package enum Stage: Hashable, Sendable {
        /// With the client alone. Can become: asked.
        case kept
        /// The client was asked for them. Can become: here, lent, kept.
        case asked
        /// On their way from the client into the memory of a node. Can become: here, asked, kept.
        case lent
        /// In this cluster. Can become: kept.
        case here
    }

    package var byteCount: Int64
    package var stage = Stage.kept
    /// Whether it is asked for once and stays.
    package var staysOnceBrought = false
    /// Where the client is to write it; set exactly in the stage `lent`.
    package var lend: RoomLend?

    /// Whether it was asked for and has not come.
    var isOnItsWay: Bool { stage == .asked || stage == .lent }
}

extension Scheduler {
    /// Notes data that the client keeps until it is asked.
    mutating func addDeferred(_ item: DataSpec, at index: TaskIndex) {
        deferredData[index] = DeferredData(
            byteCount: max(1, item.byteCount), staysOnceBrought: item.staysOnceBrought)
        deferredQueue.append(index)
    }

    /// Bytes that may be asked for and not used up: a quarter of what pages may take.
    private var deferredMax: Int64 {
        nodes.pageBudget / 4
    }

    /// Asks clients for as much as there is room for, in the order of submission.
    mutating func askForData(into effects: inout [SchedulerEffect]) {
        guard !deferredQueue.isEmpty else { return }
        nodes.refresh()
        guard
            let largest = nodes.largestThatStays
        else { return }
        var asked = 0
        var tooLarge: [TaskIndex] = []
        for index in deferredQueue {
            guard let data = deferredData[index] else { break }
            guard data.byteCount <= largest.pageBudget else {
                tooLarge.append(index)
                asked += 1
                continue
            }
            // What is there may wait for what is not: then it goes on however little room there is.
            let isStuck =
                ready.isEmpty && deferredAsked == 0 && unstoredData.isEmpty
                && heldCount == 0
            guard deferredBytes == 0 || isStuck || deferredBytes + data.byteCount <= deferredMax
            else { break }
            move(index, to: .asked)
            effects.append(.notify(tasks.client(of: index), .dataNeeded(tasks.id(of: index))))
            asked += 1
        }
        deferredQueue.removeFirst(asked)
        for index in tooLarge {
            guard let data = deferredData[index] else { continue }
            let text =
                "node \(largest.name) has no room for a page of \(data.byteCount) bytes: its memory "
                + "for pages has \(largest.pageBudget) bytes in all"
            fail(index, failure(.noMemory, of: index, text), into: &effects)
        }
    }

    /// The client brings what it was asked for.
    mutating func bring(
        _ task: TaskID, _ bytes: [UInt8], of client: ClientID,
        into effects: inout [SchedulerEffect]
    ) {
        guard let index = awaited(task, of: client, into: &effects) else {
            return reject(.unknownTask, into: &effects)
        }
        move(index, to: .here)
        let stays = deferredData[index]?.staysOnceBrought ?? false
        storeNew(index, bytes, copies: stays ? configuration.dataCopies : 1, into: &effects)
    }

    /// The client does not have any more what it was asked for.
    mutating func failData(
        _ failure: TaskFailure, of client: ClientID, into effects: inout [SchedulerEffect]
    ) {
        guard let index = awaited(failure.task, of: client, into: &effects) else {
            return reject(.unknownTask, into: &effects)
        }
        fail(index, failure, into: &effects)
    }

    /// The record of data that a client was asked for and has not brought. What it was lent it will
    /// not write.
    private mutating func awaited(
        _ task: TaskID, of client: ClientID, into effects: inout [SchedulerEffect]
    ) -> TaskIndex? {
        endAbandonedLend(of: task, client, into: &effects)
        guard let index = tasks.index(of: task), tasks.client(of: index) == client else {
            return nil
        }
        if deferredData[index]?.lend?.stage == .lent {
            endLend(of: index, into: &effects)
            move(index, to: .asked)
        }
        return deferredData[index]?.stage == .asked ? index : nil
    }

    /// The data has come and stays: it is like other data from now on.
    mutating func settleDeferred(_ index: TaskIndex, into effects: inout [SchedulerEffect]) {
        guard deferredData[index]?.staysOnceBrought == true else { return }
        effects.append(.notify(tasks.client(of: index), .dataSettled(tasks.id(of: index))))
        forgetDeferred(index)
    }

    /// The page of the data was given up: there is room for other data.
    mutating func freeDeferred(_ index: TaskIndex) {
        if deferredData[index] != nil { move(index, to: .kept) }
    }

    /// Asks for data again whose page is gone.
    mutating func deferAgain(_ index: TaskIndex) {
        move(index, to: .kept)
        takeBack(index)
        tasks.store(nil, of: index)
        deferredQueue.insert(index, at: 0)
    }

    /// Nobody will need the data.
    mutating func forgetDeferred(_ index: TaskIndex) {
        guard deferredData[index] != nil else { return }
        move(index, to: .kept)
        deferredData[index] = nil
        deferredQueue.removeAll { $0 == index }
    }

    mutating func move(_ index: TaskIndex, to stage: DeferredData.Stage) {
        guard let data = deferredData[index], data.stage != stage else { return }
        if data.stage == .kept { deferredBytes += data.byteCount }
        if stage == .kept { deferredBytes -= data.byteCount }
        deferredData[index]?.stage = stage
        let isOnItsWay = deferredData[index]?.isOnItsWay ?? false
        if data.isOnItsWay != isOnItsWay { deferredAsked += isOnItsWay ? 1 : -1 }
    }

    /// Traps with a sentence when the counts of deferred data disagree with it.
    func checkDeferred() {
        var bytes: Int64 = 0
        var asked = 0
        for (index, data) in deferredData {
            precondition(tasks.contains(index), "data is deferred for a forgotten record")
            if data.stage != .kept { bytes += data.byteCount }
            if data.isOnItsWay { asked += 1 }
            precondition((data.stage == .lent) == (data.lend != nil), "data is lent room by half")
            let isQueued = deferredQueue.contains(index)
            precondition(
                isQueued == (data.stage == .kept && tasks[index].state == .waiting),
                "\(tasks.id(of: index)) is asked for twice or never")
        }
        precondition(bytes == deferredBytes, "deferred data is counted wrongly")
        precondition(asked == deferredAsked, "data that was asked for is counted wrongly")
        precondition(
            deferredQueue.allSatisfy { deferredData[$0] != nil }, "something else is asked for")
    }
}
