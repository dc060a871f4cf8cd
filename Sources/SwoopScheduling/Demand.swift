// What a ready task asks of a node: time, cores, and memory for what it leaves, for inputs that are
// not there, and for what it declares. And whether a node has that.

import SwoopModel

/// What a run does to the memory of its node.
package enum MemoryEffect: UInt8, Hashable, Sendable, CaseIterable {
    /// Its end frees about as much as it leaves, or more; or it leaves next to nothing.
    case harmless
    /// It leaves more than its end frees: a root, or a step that makes much of little.
    case filling
    /// Its function never ended yet, and nobody knows what it leaves.
    case unknown
}

/// What a task asks of the node that it runs on.
package struct TaskDemand: Equatable, Sendable {
    /// Predicted nanoseconds of the run.
    package var predicted: Int64
    package var effect: MemoryEffect = .harmless
    /// Bytes that the run takes on any node: of what it leaves, and what its function declares.
    package var bytes: Int64 = 0
    /// Cores that the run takes.
    package var cores: Int64 = 1
    /// Bytes that its function declares; 0: none.
    package var declaredBytes: Int64 = 0

    package init(predicted: Int64) { self.predicted = predicted }
}

/// Whether a node may be given a task.
package enum Admission: Hashable, Sendable {
    /// As far ahead as time allows.
    case ahead
    /// Only when it runs at once: nothing is gained by keeping it back, but none is to queue.
    case atOnce
    /// Not while memory is as short as it is.
    case noMemory
    /// Not while its cores have so much to do.
    case noTime
}

extension NodeRecord {
    /// Bytes that pages and what is declared may take.
    package var budget: Int64 {
        description.pageBudget > 0 ? description.pageBudget : .max / 4
    }

    /// Bytes of the pages that are there and of those that are expected.
    package var takenBytes: Int64 { pageBytes + promisedBytes }

    /// Whether the node has memory for a task that it was given at once.
    ///
    /// - Parameter missing: bytes of the task's inputs that are only elsewhere.
    package func memory(for demand: TaskDemand, missing: Int64) -> Admission {
        guard demand.declaredBytes == 0 || declaredBytes + demand.declaredBytes <= budget else {
            return .noMemory
        }
        // One for each core: the first of them to end tells of the others.
        if demand.effect == .unknown, trials - Int64(suspended) >= slots { return .noMemory }
        let bytes = demand.bytes + missing
        if bytes == 0 || takenBytes + bytes <= budget { return .ahead }
        if demand.effect == .harmless { return .atOnce }
        // Runs that the node has will make room: before that it is not needed anywhere else.
        if takenBytes - freeingBytes + bytes <= budget { return .noMemory }
        // They will not. The node moves pages to its disk in any case, and keeping its cores idle
        // would save none of them; only as many pages are under way as there is memory to make.
        return promisedBytes == 0 || promisedBytes + bytes <= budget / 2 ? .atOnce : .noMemory
    }

    /// Whether the node may be given a task now: one for each core always, more only as far as the
    /// horizon of predicted work reaches.
    package func admission(
        of demand: TaskDemand, missing: Int64, configuration: Scheduler.Configuration
    ) -> Admission {
        let memory = memory(for: demand, missing: missing)
        guard memory != .noMemory else { return memory }
        if assignedCores + demand.cores <= slots { return memory }
        guard memory == .ahead, demand.cores == 1,
            hasTimeAhead(for: demand.predicted, configuration: configuration)
        else { return .noTime }
        return .ahead
    }

    /// Whether a task of one core may be given while all cores have something to do.
    package func hasTimeAhead(
        for predicted: Int64, configuration: Scheduler.Configuration
    ) -> Bool {
        // Who takes several cores would share them with whatever is queued.
        guard wideRuns == 0, assigned < configuration.assignedMax else { return false }
        let horizon = configuration.horizonNanoseconds * slots
        return aheadNanoseconds < horizon && predicted < horizon
    }
}

extension Scheduler {
    /// What the task asks of a node, as far as is known.
    func demand(of index: TaskIndex) -> TaskDemand {
        var demand = TaskDemand(predicted: tasks[index].predicted)
        let needs = needs(of: index)
        demand.cores = max(1, Int64(needs.cores))
        demand.declaredBytes = needs.memory
        let expected = expectedOutput(of: index)
        demand.bytes = max(expected ?? 0, needs.memory)
        if expected == nil && needs.memory == 0 {
            demand.effect = .unknown
        } else if demand.bytes > 0 {
            // Sizes are learned, so they are near each other when they are equal.
            let freed = bytesFreed(by: index)
            demand.effect = demand.bytes - demand.bytes / 5 <= freed ? .harmless : .filling
        }
        return demand
    }

    /// What its function declared.
    func needs(of index: TaskIndex) -> TaskNeeds {
        let place = Int(tasks.function(of: index).rawValue)
        return place < functions.count ? functions[place].needs : TaskNeeds()
    }

    /// Bytes that the input's page takes, made or expected; 0 for a value inside of a message.
    func pageBytes(of input: TaskIndex) -> Int64 {
        if let bytes = tasks.takenBytes(of: input) { return bytes }
        return tasks.hasExtra(input) ? tasks[extra: input].booking.expectedBytes : 0
    }

    /// Bytes that the task takes of the input's page where it reads a part only, else all of them.
    func readBytes(of input: TaskIndex, by index: TaskIndex) -> Int64 {
        guard let part = tasks.part(of: index), let pages = tasks.pages(of: input),
            pages.parts.count > 1
        else { return pageBytes(of: input) }
        guard Int(part) < pages.parts.count else { return 0 }
        return StoredOutput.takenBytes(ofPage: pages.parts[Int(part)].byteCount)
    }

    /// Bytes of pages that are freed once the task and those that read the same pages are done: of
    /// each page the task's share.
    func bytesFreed(by index: TaskIndex, on node: NodeID? = nil) -> Int64 {
        tasks.inputs(of: index).reduce(0) { sum, input in
            let bytes = pageBytes(of: input)
            guard bytes > 0, !tasks[input].isHeld, !tasks[input].isWanted, !tasks[input].isKept
            else {
                return sum
            }
            if let node, tasks.hasStored(input), !tasks.locations(of: input).contains(node) {
                return sum
            }
            // Who reads a part of it has the readers of the other parts beside it.
            guard tasks.part(of: index) == nil else {
                return sum + readBytes(of: input, by: index)
            }
            return sum + bytes / Int64(max(1, tasks[input].unfinishedDependents))
        }
    }

    /// Whether on every node memory is more than half taken: what relieves it goes first then.
    var isMemoryShort: Bool { nodes.offer.isMemoryShort }

    /// Books what a task that is being leased will take and free on its node.
    mutating func promise(_ index: TaskIndex, at place: Int) {
        let node = nodes[place].id
        let expected = expectedOutput(of: index)
        let needs = needs(of: index)
        var (missing, moved): (Int64, Int64) = (0, 0)
        for input in tasks.inputs(of: index) where !tasks.locations(of: input).isEmpty {
            guard !tasks.locations(of: input).contains(node) else { continue }
            missing &+= readBytes(of: input, by: index)
            guard !isCopying(input, node) else { continue }
            moved &+= byteCount(of: input, for: index)
        }
        let booking = TaskBooking(
            expectedBytes: expected ?? 0,
            promisedBytes: max(expected ?? 0, needs.memory) + missing, movedBytes: moved,
            freeingBytes: bytesFreed(by: index, on: node))
        if booking != TaskBooking() { tasks[extra: index].booking = booking }
        tasks[index].isUnknown = expected == nil && needs.memory == 0
        // What goes along with what it needs waits for that, and is no trial of its own.
        tasks[index].isTrial = tasks[index].isUnknown && tasks[index].unmet == 0
        count(promisesOf: index, at: place, 1)
    }

    /// Takes from the node what was booked for the task.
    mutating func withdrawPromise(_ index: TaskIndex, at place: Int) {
        count(promisesOf: index, at: place, -1)
        tasks[index].isUnknown = false
        tasks[index].isTrial = false
        if tasks.hasExtra(index) { tasks[extra: index].booking = TaskBooking() }
    }

    private mutating func count(promisesOf index: TaskIndex, at place: Int, _ times: Int64) {
        let needs = needs(of: index)
        if tasks.hasExtra(index) {
            let booking = tasks[extra: index].booking
            nodes[place].promisedBytes += times * booking.promisedBytes
            nodes[place].freeingBytes += times * booking.freeingBytes
        }
        nodes[place].declaredBytes += times * needs.memory
        if tasks[index].isTrial { nodes[place].trials += times }
        if needs.cores > 1 { nodes[place].wideRuns += times }
    }
}
