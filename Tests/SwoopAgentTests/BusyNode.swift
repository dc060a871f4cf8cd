// A node of little memory under virtual time: the agent's and the worker's real machines and the
// real allocator around shuffles that are larger than memory. Disk, other nodes and the
// coordinator take times by chance. What it ends with is every run's end, or who waits for ever.

import SwoopExecution
import SwoopModel
import SwoopSimulation
import SwoopStorage

/// What is to be done, and with what.
struct BusyLoad {
    var budget: Int64 = 16 << 20
    var slots = 1
    /// Shuffles one after the other: each reads what the one before it left.
    var rounds = 2
    /// Pages that are divided here, and on another node.
    var ownMaps = 8
    var otherMaps = 8
    /// Merges on this node.
    var merges = 8
    /// Bytes of a page, at most.
    var pageBytes: Int64 = 4 << 20
    /// Runs that the node is given beyond its cores.
    var ahead = 2
    /// Cores of each run.
    var cores: UInt32 = 1
    /// How often another node asks for a range of a page: one of so many events.
    var questionsOneOf = 4
}

/// One node with its world.
struct BusyNode {
    enum Fact {
        case agent(AgentEvent)
        case worker(WorkerEvent)
        /// A run has computed what it leaves.
        case computed(slot: Int, RunOrder)
        /// A run has written it.
        case written(slot: Int, RunOrder, PageExtent)
    }

    struct Job {
        var spec: TaskSpec
        var inputs: [AssignedInput]
        var pages: StoredPages
        var attempt: UInt32 = 0
        /// Jobs that must have ended before.
        var isAfter: Range<Int>
        var isGiven = false
        var isDone = false
    }

    let load: BusyLoad
    private(set) var agent: AgentMachine
    private var worker: WorkerMachine
    private var arena: ExtentAllocator
    private var disk = ExtentAllocator(capacity: 1 << 43, placement: .lowest)
    private var extents: [PageExtent.Place: Extent] = [:]
    private var chance: SeededGenerator
    private var queue: [(at: Int64, number: Int, fact: Fact)] = []
    private var facts = 0
    private var now: Int64 = 0
    private var leases: UInt64 = 0
    private(set) var jobs: [Job] = []
    private var places: [TaskID: Int] = [:]
    private var outputs: [AttemptID: StoredPages] = [:]
    private var due: [AgentEffect] = []
    private var isPerforming = false
    private var tokens: UInt64 = 0
    private var wishes: [RoomUse: (slot: Int, order: RunOrder)] = [:]
    private var wanted: [TaskID: StoredPages] = [:]
    /// What went wrong.
    private(set) var faults: [String] = []
    private(set) var spilledBytes: Int64 = 0
    /// Pages that runs wrote straight to the disk.
    private(set) var writtenOnDisk = 0
    private static let process = WorkerID(1)
    private static let other = NodeID(2)

    init(_ load: BusyLoad, seed: UInt64) {
        self.load = load
        chance = SeededGenerator(seed: seed)
        var configuration = AgentMachine.Configuration()
        arena = ExtentAllocator(capacity: Int(load.budget))
        configuration.storeBytes = Int64(arena.capacity)
        configuration.slots = load.slots
        agent = AgentMachine(configuration: configuration)
        worker = WorkerMachine(slots: load.slots)
        for round in 0..<load.rounds { addRound(round) }
    }

    // MARK: The graph

    private mutating func random(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(chance.below(range.count))
    }

    private mutating func parts(_ count: Int, of bytes: Int64) -> StoredPages {
        let each = max(1, bytes / Int64(count))
        return StoredPages(
            (0..<count).map { _ in
                OutputPart(byteCount: random(each / 2...each), elementCount: 1)
            })
    }

    private mutating func addRound(_ round: Int) {
        let before = jobs.indices.suffix(round == 0 ? 0 : load.merges)
        let first = jobs.count
        var slices: [(TaskID, StoredPages, NodeID)] = []
        for map in 0..<(load.ownMaps + load.otherMaps) {
            let task = TaskID(high: UInt64(round + 1), low: UInt64(map + 1))
            let pages = parts(load.merges, of: random(1...load.pageBytes))
            let isOwn = map < load.ownMaps
            slices.append((task, pages, isOwn ? NodeID(1) : Self.other))
            guard isOwn else { continue }
            // A page of the round before, of this node or of the other one.
            var inputs: [AssignedInput] = []
            if !before.isEmpty {
                let source = jobs[before[before.startIndex + map % before.count]]
                inputs.append(
                    AssignedInput(
                        task: source.spec.id, source: .stored(source.pages, nodes: [NodeID(1)])))
                let copied = TaskID(high: UInt64(round + 1), low: UInt64(map + 50_000))
                inputs.append(
                    AssignedInput(
                        task: copied,
                        source: .stored(
                            parts(1, of: random(1...load.pageBytes)), nodes: [Self.other])))
            }
            add(task, inputs, pages, after: before.startIndex..<before.endIndex)
        }
        let maps = first..<jobs.count
        for merge in 0..<load.merges {
            let task = TaskID(high: UInt64(round + 1), low: UInt64(merge + 100_000))
            let inputs = slices.map { slice in
                AssignedInput(
                    task: slice.0.part(UInt32(merge)),
                    source: .stored(StoredPages([slice.1.parts[merge]]), nodes: [slice.2]),
                    slice: OutputSlice(
                        task: slice.0, offset: slice.1.offset(of: merge) ?? 0,
                        wholeByteCount: slice.1.byteCount))
            }
            add(task, inputs, parts(1, of: random(1...load.pageBytes)), after: maps)
        }
    }

    private mutating func add(
        _ task: TaskID, _ inputs: [AssignedInput], _ pages: StoredPages, after: Range<Int>
    ) {
        places[task] = jobs.count
        jobs.append(
            Job(
                spec: TaskSpec(id: task, function: FunctionIndex(0), features: [.nan]),
                inputs: inputs, pages: pages, isAfter: after))
    }

    // MARK: Time

    private mutating func plan(_ fact: Fact, _ delay: ClosedRange<Int64>) {
        facts += 1
        queue.append((now + random(delay), facts, fact))
    }

    /// Goes on until everything is done, or nothing happens any more.
    mutating func run() {
        tell(.accepted(NodeID(1)))
        grant()
        let limit = 3_600 * nanosecondsPerSecond
        while faults.isEmpty, jobs.contains(where: { !$0.isDone }) {
            let next = queue.indices.min {
                queue[$0].at < queue[$1].at
                    || queue[$0].at == queue[$1].at && queue[$0].number < queue[$1].number
            }
            let deadlines = [agent.nextDeadline, worker.nextDeadline].compactMap { $0?.nanoseconds }
            let deadline = deadlines.min() ?? .max
            if let next, queue[next].at <= deadline {
                now = max(now, queue[next].at)
                take(queue.remove(at: next).fact)
            } else {
                // The agent's own end for want of a coordinator is not meant.
                now = max(now, deadline)
                if deadline >= limit { break }
                tell(.coordinatorHeard)
                tell(.deadlineReached)
                handle(.deadlineReached)
            }
            if now > limit { break }
            agent.checkInvariants()
            arena.checkInvariants()
        }
        if faults.isEmpty, let waiting = jobs.first(where: { !$0.isDone }) {
            let why = agent.explain(waiting.spec.id) ?? "is not here"
            let line = agent.room.waiting.map { "\($0.use) \($0.byteCount)" }
            faults.append("\(waiting.spec.id) \(why); \(line) wait for memory")
        }
    }

    private mutating func take(_ fact: Fact) {
        switch fact {
        case .agent(let event): tell(event)
        case .worker(let event): handle(event)
        case .computed(let slot, let order):
            guard let place = places[order.spec.id] else { return }
            let use = RoomUse.output(Self.process, token: UInt32(slot))
            wishes[use] = (slot, order)
            tell(.roomWanted(use, byteCount: jobs[place].pages.byteCount))
        case .written(let slot, let order, var extent):
            guard let place = places[order.spec.id] else { return }
            extent = PageExtent(
                offset: extent.offset, pages: jobs[place].pages, medium: extent.medium)
            tell(.outputStored(Self.process, order.attemptID, extent))
            end(slot, order, .finished(.page(extent.pages)))
        }
        if random(1...Int64(load.questionsOneOf)) == 1, let task = somePage() {
            tokens += 1
            tell(.rangeWanted(task, token: tokens))
        }
    }

    private mutating func somePage() -> TaskID? {
        let here = agent.outputs.filter { !$0.value.isDropped && $0.value.attempt > 0 }.keys
            .sorted()
        return here.isEmpty ? nil : here[Int(random(0...Int64(here.count - 1)))]
    }

    private mutating func end(_ slot: Int, _ order: RunOrder, _ outcome: RunOutcome) {
        handle(.ended(slot: slot, order.attemptID, outcome, RunRecord()))
    }

    // MARK: The coordinator

    private mutating func grant() {
        var tasks: [AssignedTask] = []
        var open = jobs.count { $0.isGiven && !$0.isDone }
        for place in jobs.indices where !jobs[place].isGiven && open < load.slots + load.ahead {
            let job = jobs[place]
            guard jobs[job.isAfter].allSatisfy(\.isDone) else { continue }
            jobs[place].isGiven = true
            jobs[place].attempt += 1
            open += 1
            tasks.append(
                AssignedTask(
                    spec: job.spec, attempt: job.attempt + 1, inputs: job.inputs,
                    rank: Int64(jobs.count - place), isIsolated: false))
        }
        guard !tasks.isEmpty else { return }
        leases += 1
        var needs = TaskNeeds()
        needs.cores = load.cores
        let function = FunctionSpec(
            identity: "test:work", name: "work", fingerprint: 0, code: .remote(identity: "work"),
            isOptimised: true, isAsync: false,
            needs: needs)
        tell(
            .leaseGranted(
                Lease(
                    id: LeaseID(leases), firstFunction: leases == 1 ? 0 : 1,
                    functions: leases == 1 ? [function] : [], tasks: tasks)))
    }

    private mutating func take(_ reports: [RunReport]) {
        for report in reports {
            switch report {
            case .ended(let attempt, .finished, _):
                guard let place = places[attempt.task], !jobs[place].isDone else { continue }
                jobs[place].isDone = true
                drop(after: place)
            case .ended(let attempt, let outcome, _): faults.append("\(attempt): \(outcome)")
            case .returned(let attempt):
                if let place = places[attempt.task] { jobs[place].isGiven = false }
            default: break
            }
        }
        grant()
    }

    /// What nothing reads any more goes.
    private mutating func drop(after place: Int) {
        let before = jobs[place].isAfter
        guard !before.isEmpty else { return }
        let readers = jobs.indices.filter { jobs[$0].isAfter == before }
        guard readers.allSatisfy({ jobs[$0].isDone }) else { return }
        plan(.agent(.outputsDropped(jobs[before].map(\.spec.id))), 0...20_000_000)
    }

    // MARK: The machines

    private mutating func tell(_ event: AgentEvent) {
        agent.handle(event, at: Timestamp(nanoseconds: now), into: &due)
        guard !isPerforming else { return }
        isPerforming = true
        while !due.isEmpty {
            let effects = due
            due = []
            for effect in effects { perform(effect) }
        }
        isPerforming = false
    }

    private mutating func perform(_ effect: AgentEffect) {
        switch effect {
        case .startWorker(let id, _): plan(.agent(.workerReady(id)), 1_000...1_000_000)
        case .dispatch(_, let orders): plan(.worker(.ordered(orders)), 1_000...50_000)
        case .allocate(let use, let byteCount): allocate(byteCount, for: use)
        case .allocateOnDisk(let use, let byteCount): allocateOnDisk(byteCount, for: use)
        case .refuseRoom(let use, let reason): refuse(use, reason)
        case .free(let page): free(page)
        case .spill(let task, let page): spill(task, page)
        case .fetch(let task, _, let pages, _):
            wanted[task] = pages
            tell(.roomWanted(.copy(task), byteCount: pages.byteCount))
        case .report(let reports): take(reports)
        case .sendRange(_, let task, let page):
            plan(.agent(.rangeSent(task, page.medium)), 10_000...5_000_000)
        case .outputMissing(let task): faults.append("\(task) is missing")
        case .end(let reason): faults.append(reason)
        case .remark(let text): faults.append(text)
        case .declare, .killWorker, .cancelRun, .recallRun, .tellLent, .tellCopied, .tellNotCopied,
            .relay, .sendArrived,
            .refuseRange, .sendOutput:
            break
        }
    }

    private mutating func handle(_ event: WorkerEvent) {
        var effects: [WorkerEffect] = []
        worker.handle(event, at: Timestamp(nanoseconds: now), into: &effects)
        worker.checkInvariants()
        for effect in effects {
            switch effect {
            case .start(let slot, let order):
                read(order)
                plan(.computed(slot: slot, order), 100_000...40_000_000)
            case .report(let reports):
                plan(.agent(.workerReported(Self.process, reports)), 1_000...50_000)
            case .startChild, .resume, .raiseCancellation: break
            }
        }
    }

    /// Every input lies where the run was told.
    private mutating func read(_ order: RunOrder) {
        for input in order.inputs {
            guard case .extent(let extent) = input.source, extent.byteCount > 0 else { continue }
            let isHere = extents.contains { place, held in
                place.medium == extent.medium && held.offset <= Int(extent.offset)
                    && held.end >= Int(extent.offset + extent.byteCount)
            }
            if !isHere { faults.append("\(order.attemptID) reads what was freed") }
        }
    }

    // MARK: Memory and disk

    private mutating func allocate(_ byteCount: Int64, for use: RoomUse) {
        guard let extent = arena.allocate(bytes: Int(max(1, byteCount))) else {
            let free = Int64(arena.capacity - arena.usedBytes)
            return tell(.roomMissing(use, freeBytes: free, reason: "all of it is used"))
        }
        tell(.roomGiven(use))
        give(extent, .memory, use)
    }

    private mutating func allocateOnDisk(_ byteCount: Int64, for use: RoomUse) {
        guard let extent = disk.allocate(bytes: Int(max(1, byteCount))) else { return }
        writtenOnDisk += 1
        give(extent, .disk, use)
    }

    private mutating func give(_ extent: Extent, _ medium: PageMedium, _ use: RoomUse) {
        let page = keep(
            extent, StoredPages(byteCount: Int64(extent.size), elementCount: 0), medium)
        switch use {
        case .output:
            guard let (slot, order) = wishes.removeValue(forKey: use) else { return free(page) }
            tell(.extentLent(Self.process, page))
            plan(.written(slot: slot, order, page), 1_000...20_000_000)
        case .copy(let task):
            guard let pages = wanted.removeValue(forKey: task) else {
                free(page)
                return tell(.fetchFailed(task, .noRoom))
            }
            let copy = PageExtent(offset: page.offset, pages: pages)
            plan(.agent(.pageFetched(task, copy)), 100_000...30_000_000)
        case .data, .lend: break
        }
    }

    private mutating func keep(
        _ extent: Extent, _ pages: StoredPages, _ medium: PageMedium
    ) -> PageExtent {
        let page = PageExtent(offset: Int64(extent.offset), pages: pages, medium: medium)
        extents[page.place] = extent
        return page
    }

    private mutating func refuse(_ use: RoomUse, _ reason: String) {
        switch use {
        case .output:
            guard let (slot, order) = wishes.removeValue(forKey: use) else { return }
            end(slot, order, .failed(TaskFailure(kind: .noMemory, message: reason)))
        case .copy(let task):
            wanted[task] = nil
            tell(.fetchFailed(task, .noRoom))
        case .data, .lend: break
        }
    }

    private mutating func free(_ page: PageExtent) {
        guard let extent = extents.removeValue(forKey: page.place) else {
            return faults.append("\(page) is freed twice")
        }
        let isFreed = page.medium == .memory ? arena.free(extent) : disk.free(extent)
        if !isFreed { faults.append("\(page) is freed twice") }
    }

    private mutating func spill(_ task: TaskID, _ page: PageExtent) {
        guard let extent = disk.allocate(bytes: Int(max(1, page.byteCount))) else { return }
        spilledBytes += page.byteCount
        let to = keep(extent, page.pages, .disk)
        plan(.agent(.pageSpilled(task, from: page, to: to)), 100_000...30_000_000)
    }
}

extension PageExtent {
    /// Where a page begins.
    struct Place: Hashable {
        var medium: PageMedium
        var offset: Int64
    }

    fileprivate var place: Place { Place(medium: medium, offset: offset) }
}
