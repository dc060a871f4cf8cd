// The agent's loop: the coordinator's orders, the workers' news and other agents' questions in, the
// machine's effects performed. No policy: whom a death is charged to, what runs next, what is
// freed, when to give up is SwoopExecution's.

import SwoopElements
import SwoopExecution
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

struct AgentLoop: ~Copyable {
    let configuration: AgentConfiguration
    let context: TransportContext
    let way: AgentConnection
    let arena: Arena
    /// Where pages go that the arena has no room for; nil: nowhere, for the reason below.
    var disk: PageDisk?
    let spillTrouble: String?
    let wakeup: Wakeup
    let pages: PageExchange
    let programs: ProgramReceiver
    let libraries: NodeLibraries
    var poll = PollLoop()
    /// It never waits longer than between two samples.
    var turns = LoopTurns(longest: 5 * samplePeriod)
    var machine: AgentMachine
    var effects: [AgentEffect] = []
    /// Extents in use, by offset: what a page's place in the arena was allocated as.
    var extents: [Int64: Extent] = [:]
    /// Bytes that wait for their memory, by the task that they are the output of.
    var held: [TaskID: HeldPage] = [:]
    /// Extents that clients of this machine write in.
    var lent: [TaskID: Extent] = [:]
    /// Pages of other nodes that wait for theirs.
    var wanted: [TaskID: WantedPage] = [:]
    /// How many sends read an extent now, by its offset.
    var sending: [Int64: Int] = [:]
    /// Extents of before a new beginning that sends still read.
    var leftOver: [Int64: Extent] = [:]
    var workers: [WorkerLink] = []
    /// CPU of workers that ended.
    var cpuBefore: Int64 = 0
    var nextSample: Int64 = 0
    /// The connection to the coordinator.
    var lane = Lane<LeavingPage>()
    var malformed = 0
    /// Whether the coordinator took the node in, and has not forgotten it.
    var isAccepted = false
    /// The life of the coordinator that took the node in.
    var epoch = CoordinatorEpoch.none
    /// Whether the channel that started this process waits for a word.
    var isOnChannel: Bool
    /// Its end: whoever began to start this process has given up.
    var channelEnd: PollLoop.Source?
    /// When to register again, while nothing answered.
    var nextRegistration: Int64 = 0
    var isOver = false
    /// Whether effects are being performed: what they lead to comes after them.
    var isPerforming = false
    /// News of the disk, in the poll.
    var diskSource: PollLoop.Source?
    /// Why it ended, where that was nobody's wish.
    var ending: AgentError?
    /// 10 Hz: twice what a person can follow.
    static let samplePeriod: Int64 = 100_000_000
    /// A registration that nobody answered is repeated after so long.
    static let registrationPeriod = 2 * nanosecondsPerSecond

    /// Everything that may fail comes before the loop is made.
    init(
        _ configuration: AgentConfiguration, _ way: consuming AgentConnection,
        context: TransportContext, arena: Arena, disk: PageDisk?, spillTrouble: String?,
        wakeup: Wakeup, pages: PageExchange, programs: ProgramReceiver, libraries: NodeLibraries,
        isOnChannel: Bool
    ) {
        self.configuration = configuration
        self.context = context
        self.way = way
        self.arena = arena
        self.disk = disk
        self.spillTrouble = spillTrouble
        self.wakeup = wakeup
        self.pages = pages
        self.programs = programs
        self.libraries = libraries
        self.isOnChannel = isOnChannel
        machine = Self.newMachine(configuration, arena, spillTrouble)
    }

    private static func newMachine(
        _ configuration: AgentConfiguration, _ arena: Arena, _ spillTrouble: String?
    ) -> AgentMachine {
        var settings = AgentMachine.Configuration()
        settings.storeBytes = Int64(arena.budget)
        settings.slots = configuration.slots
        settings.spillTrouble = spillTrouble
        settings.budgetTrouble = MachineMemory.trouble(ofBudget: configuration.pageBudget)
        settings.isSpillFolderNamed = !configuration.spillFolder.isEmpty
        settings.nodeName = configuration.name
        settings.stoppedMax = configuration.stoppedMax ?? settings.stoppedMax
        let century = 3_155_760_000 * nanosecondsPerSecond
        if configuration.grace == 0 { settings.startMax = century }
        settings.grace = configuration.grace == 0 ? century : min(configuration.grace, century)
        return AgentMachine(configuration: settings)
    }

    /// Why it ended, where that was nobody's wish.
    mutating func run() throws -> AgentError? {
        let arriving = poll.watch(way.socket)
        _ = poll.watch(descriptor: wakeup.descriptor)
        let received = poll.watch(descriptor: programs.news.wakeup.descriptor)
        watchDisk()
        if isOnChannel { channelEnd = poll.watch(descriptor: LaunchChannel.descriptor) }
        register()
        // The worker starts while the coordinator answers: the first run does not wait for it.
        handle(.deadlineReached)
        startEarly()
        while !isOver {
            try wait()
            excuseAbsence()
            wakeup.clear()
            takeFromWorkers()
            if poll.isReady(arriving) { receive() }
            if poll.isReady(received) { takeFromPrograms() }
            if let channelEnd, poll.isReady(channelEnd, for: [.readable, .failed]) {
                isOver = true
            }
            turnPages()
            takeFromDisk()
            watchWorkers()
            tick()
        }
        for worker in workers { worker.endNow() }
        Orphans.end(except: [])
        programs.stop()
        libraries.end()
        disk?.stop()
        return ending
    }

    /// This process was away itself: before anything is judged, limits move by as much.
    private mutating func excuseAbsence() {
        let now = MonotonicClock.nanoseconds()
        let absence = turns.begin(at: Timestamp(nanoseconds: now))
        guard absence > 0 else { return }
        pages.excuse(absence, now: now)
        handle(.paused(absence))
    }

    private mutating func wait() throws {
        var maySleep = true
        for worker in workers where !worker.prepareToSleep() { maySleep = false }
        try poll.wait(until: maySleep ? nextDeadline : 0)
        for worker in workers { worker.awoke() }
    }

    private var nextDeadline: Int64? {
        let now = MonotonicClock.nanoseconds()
        var deadline = min(isAccepted ? nextSample : nextRegistration, now + Self.samplePeriod)
        if let due = machine.nextDeadline?.nanoseconds { deadline = min(deadline, due) }
        if let due = pages.nextDeadline(now: now) { deadline = min(deadline, due) }
        if lane.isHeldUp { deadline = min(deadline, now + Agreed.retryPeriod) }
        return deadline
    }

    private mutating func tick() {
        let now = MonotonicClock.nanoseconds()
        if let due = machine.nextDeadline?.nanoseconds, due <= now { handle(.deadlineReached) }
        for worker in workers { worker.sendWaiting() }
        endSpoilt()
        flush()
        if !isAccepted, nextRegistration <= now { register() }
        guard isAccepted, nextSample <= now else { return }
        nextSample = now + Self.samplePeriod
        for worker in workers { worker.remind() }
        watchStops()
        Orphans.reap(except: workers.map(\.pid))
        guard !lane.isHeldUp else { return }
        send(sample(now: now))
    }

    mutating func handle(_ event: AgentEvent) {
        let now = Timestamp(nanoseconds: MonotonicClock.nanoseconds())
        machine.handle(event, at: now, into: &effects)
        guard !isPerforming else { return }
        isPerforming = true
        while !effects.isEmpty {
            let due = effects
            effects.removeAll(keepingCapacity: true)
            for effect in due { perform(effect) }
        }
        isPerforming = false
    }

    // MARK: The coordinator

    private mutating func register() {
        lane = Lane()
        nextRegistration = MonotonicClock.nanoseconds() + Self.registrationPeriod
        send(
            .register(
                version: wireVersion,
                NodeDescription(
                    name: configuration.name, slots: UInt32(configuration.slots),
                    pageBudget: Int64(arena.budget),
                    processID: ProcessIdentity.current().pid, reach: way.reach),
                program: configuration.program, pages: pages.service))
    }

    mutating func take(_ order: AgentOrder) {
        switch order {
        case .accepted(let node, let epoch):
            self.epoch = epoch
            accepted(node)
        case .refused(let reason):
            ending = .refused(reason)
            isOver = true
        case .shutDown: isOver = true
        case .lease(let lease): handle(.leaseGranted(lease))
        case .revoke(let attempts): handle(.attemptsRevoked(attempts))
        case .recall(let attempts): handle(.attemptsRecalled(attempts))
        case .dropPages(let tasks): handle(.outputsDropped(tasks))
        case .copyPages(let copies): handle(.copiesWanted(copies))
        case .sendPage(let task): handle(.outputRequested(task))
        case .storePage(let task, let output, let elementCount, let bytes):
            takeData(bytes, of: task, output, elementCount: elementCount)
        case .lendRoom(let task, let byteCount): handle(.lendWanted(task, byteCount: byteCount))
        case .keepWritten(let task, let page): takeWritten(task, page)
        case .listen(let address): pages.listen(on: address)
        case .unknown: startOver()
        case .sign: break
        case .peers(let peers):
            pages.setPeers(peers.map { $0.seen(from: way.endpoint) }, in: &poll)
        case .prepare(let manifest): programs.prepare(manifest)
        case .programBytes(let program, let digest, let offset, _, let bytes):
            programs.take(bytes, of: digest, in: program, offset: offset)
        case .library(let name, let bytes): takeLibrary(bytes, named: name)
        case .relayed(let task, _, let bytes): takeRelayed(bytes, of: task)
        case .relayFailed(let task): handle(.fetchFailed(task, .absent))
        }
    }

    /// Workers look for it when they are asked for what they do not know.
    private mutating func takeLibrary(_ bytes: [UInt8], named name: String) {
        do throws(BundleError) {
            try libraries.take(bytes, named: name)
        } catch {
            send(.remark("a library of a notebook is not there: \(error)"))
        }
    }

    private mutating func accepted(_ node: NodeID) {
        isAccepted = true
        if isOnChannel {
            LaunchChannel.say("joined \(configuration.name)")
            LaunchChannel.detach()
            isOnChannel = false
            if let channelEnd { poll.remove(channelEnd) }
            channelEnd = nil
            programs.prune()
        }
        handle(.accepted(node))
    }

    /// The coordinator does not know this node, or no more: nothing that it holds is of use.
    private mutating func startOver() {
        guard isAccepted else { return }
        isAccepted = false
        epoch = .none
        for worker in workers {
            worker.endNow()
            forget(worker)
        }
        programs.startOver()
        pages.startOver(in: &poll)
        startDiskOver()
        freeAbandoned()
        // A client may be writing there still, for the coordinator that this agent lost: so much
        // memory is given up.
        for extent in lent.values { extents[Int64(extent.offset)] = nil }
        lent = [:]
        for (offset, extent) in extents {
            if sending[offset] == nil { arena.free(extent) } else { leftOver[offset] = extent }
        }
        extents = [:]
        held = [:]
        wanted = [:]
        effects = []
        machine = Self.newMachine(configuration, arena, spillTrouble)
        register()
        startEarly()
    }
}
