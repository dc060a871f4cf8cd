// Waits for many outputs together: begun by one event, told of by one effect, taken in batches.
// What the news of an end brought is taken from there; the rest is asked for as there is room.

import SwoopModel

extension SessionMachine {
    /// Whether there is something to take of a gathering, or nothing will ever be.
    package func hasNews(of gathering: GatheringID) -> Bool {
        guard let place = place(of: gathering) else { return true }
        return gatherings[place].hasNews || isOver
    }

    /// Takes at most so many items of a gathering; none if nothing has ended since.
    package mutating func take(
        _ gathering: GatheringID, atMost count: Int, into effects: inout [SessionEffect]
    ) -> GatheredBatch {
        var batch = GatheredBatch()
        guard let place = place(of: gathering) else {
            batch.isOver = true
            return batch
        }
        while batch.items.count < count, let position = gatherings[place].takeReady() {
            let task = gatherings[place].tasks[position]
            if let outcome = outcome(of: task, at: position, place) {
                batch.items.append(GatheredItem(position: Int(position), outcome: outcome))
            } else {
                gatherings[place].missed(position)
            }
        }
        gatherings[place].isTold = gatherings[place].hasNews
        askForGathered()
        flushAsked(into: &effects)
        if gatherings[place].left == 0 {
            batch.isOver = true
        } else if let overFailure, !gatherings[place].hasNews {
            batch.isOver = true
            batch.failure = overFailure
        }
        if batch.isOver { gatherings.remove(at: place) }
        return batch
    }

    private func place(of gathering: GatheringID) -> Int? {
        gatherings.firstIndex { $0.id == gathering }
    }

    mutating func begin(_ id: GatheringID, _ tasks: [TaskID], _ wish: GatheringWish) {
        var gathering = Gathering(id, tasks, wish)
        for (position, task) in tasks.enumerated() {
            let state = held.change(task) { record in
                record.isGathered = true
                if wish == .values(areKept: true) { record.isKept = true }
                return record.state
            }
            gathering.note(Int32(position), state)
        }
        gatherings.append(gathering)
    }

    mutating func leave(_ gathering: GatheringID) {
        if let place = place(of: gathering) { gatherings.remove(at: place) }
    }

    /// Tells the gatherings of a task where it is now.
    mutating func tellGatherings(of task: TaskID, _ state: HeldTask.State?) {
        for place in gatherings.indices {
            let tasks = gatherings[place].tasks
            tasks.forEachPosition(of: task) { position in
                gatherings[place].note(position, state)
            }
        }
    }

    /// Asks for what there is room for, and says of which gatherings something can be taken.
    mutating func settleGatherings(into effects: inout [SessionEffect]) {
        guard !gatherings.isEmpty else { return }
        askForGathered()
        for place in gatherings.indices where !gatherings[place].isTold {
            guard gatherings[place].hasNews || isOver else { continue }
            gatherings[place].isTold = true
            effects.append(.offer(gatherings[place].id))
        }
    }

    private mutating func askForGathered() {
        guard !isOver else { return }
        for place in gatherings.indices {
            while let position = gatherings[place].nextStored {
                let task = gatherings[place].tasks[position]
                var storedBytes: Int64?
                if case .stored(let byteCount, _)? = held[task]?.state { storedBytes = byteCount }
                guard gatherings[place].hasRoom(for: storedBytes ?? 0) else { break }
                gatherings[place].askForNext(byteCount: storedBytes)
                if storedBytes != nil { ask(for: task) }
            }
        }
    }

    /// What came of a task that is ready; nil: its value has gone again.
    private mutating func outcome(
        of task: TaskID, at position: Int32, _ place: Int
    ) -> GatheredItem.Outcome? {
        guard let record = held[task] else { return .failed(refusal(of: task)) }
        if case .failed(let failure) = record.state { return .failed(failure) }
        if gatherings[place].wish == .ends {
            return .ended(byteCount: record.state.byteCount)
        }
        guard let bytes = record.state.bytes else { return nil }
        // Only what had to be asked for can be asked for again, should somebody want it later.
        if case .brought = record.state, !record.isKept, let size = record.state.size {
            let stored = HeldTask.State.stored(
                byteCount: size.byteCount, elementCount: size.elementCount)
            _ = held.change(task) { $0.state = stored }
        }
        return .value(bytes)
    }
}
