// The agent's loop: the coordinator's orders and the worker's news in, the machine's effects
// performed. No policy: whom a death is charged to, what runs next, what is freed is
// SwoopExecution's.

import SwoopElements
import SwoopExecution
package import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

/// An agent process, from start to end.
package enum AgentProcess {
    /// Runs the agent in this process until it is told to end.
    package static func run(_ role: InheritedRole) throws {
        let descriptor = try role.takeDescriptor(AgentConfiguration.descriptor)
        guard let configuration = AgentConfiguration(decoding: try HeldBytes.read(from: descriptor))
        else { throw LaunchError.malformedRole("the agent's configuration is not complete") }
        let context = try TransportContext()
        let keys = try CurveKeys(secretKey: configuration.secretKey)
        let arena = try Arena(budget: configuration.pageBudget)
        let wakeup = try Wakeup()
        let socket = try Socket(
            .dealer, in: context,
            security: .client(keys, serverKey: configuration.serverKey))
        try socket.connect(to: configuration.endpoint)
        var loop = AgentLoop(
            configuration, context: context, socket: socket, arena: arena, wakeup: wakeup)
        try loop.run()
    }
}

struct AgentLoop: ~Copyable {
    let configuration: AgentConfiguration
    let context: TransportContext
    let socket: Socket
    let arena: Arena
    let wakeup: Wakeup
    var poll = PollLoop()
    var machine = AgentMachine()
    var effects: [AgentEffect] = []
    /// Extents in use, by offset: what a page's place in the arena was allocated as.
    var extents: [Int64: Extent] = [:]
    var worker: WorkerLink?
    /// CPU of workers that ended.
    var cpuBefore: Int64 = 0
    var nextSample: Int64 = 0
    var outgoing: [Frames] = []
    var malformed = 0
    var isOver = false
    /// 10 Hz: twice what a person can follow.
    static let samplePeriod: Int64 = 100_000_000

    /// Everything that may fail comes before the loop is made.
    init(
        _ configuration: AgentConfiguration, context: TransportContext,
        socket: consuming Socket, arena: Arena, wakeup: Wakeup
    ) {
        self.configuration = configuration
        self.context = context
        self.socket = socket
        self.arena = arena
        self.wakeup = wakeup
    }

    mutating func run() throws {
        let arriving = poll.watch(socket)
        _ = poll.watch(descriptor: wakeup.descriptor)
        send(
            .register(
                version: wireVersion,
                NodeDescription(
                    name: configuration.name, slots: UInt32(configuration.slots),
                    pageBudget: Int64(configuration.pageBudget),
                    processID: ProcessIdentity.current().pid),
                program: configuration.program))
        // The worker starts while the coordinator answers: the first run does not wait for it.
        handle(.deadlineReached)
        startEarly()
        while !isOver {
            if worker?.prepareToSleep() ?? true {
                try poll.wait(until: nextDeadline)
                worker?.awoke()
            } else {
                try poll.wait(until: 0)
            }
            wakeup.clear()
            takeFromWorker()
            if poll.isReady(arriving) { receive() }
            watchWorker()
            tick()
        }
        worker?.endNow()
    }

    private var nextDeadline: Int64? {
        var deadline = nextSample
        if let due = machine.nextDeadline?.nanoseconds { deadline = min(deadline, due) }
        // A full queue: nothing wakes this thread when it has room again.
        if !outgoing.isEmpty { deadline = min(deadline, MonotonicClock.nanoseconds() + 5_000_000) }
        return deadline
    }

    private mutating func tick() {
        let now = MonotonicClock.nanoseconds()
        if let due = machine.nextDeadline?.nanoseconds, due <= now { handle(.deadlineReached) }
        worker?.sendWaiting()
        flush()
        guard nextSample <= now else { return }
        nextSample = now + Self.samplePeriod
        send(
            .sample(
                slots: worker?.sample(slots: configuration.slots, now: now)
                    ?? Array(repeating: Self.idle, count: configuration.slots),
                cpuNanoseconds: cpuBefore + (worker?.cpuNanoseconds ?? 0),
                residentBytes: Int64(arena.usedBytes)))
    }

    private static let idle = SlotUsage(
        function: nil, task: nil, elapsedNanoseconds: 0, busyNanoseconds: 0)

    mutating func handle(_ event: AgentEvent) {
        let now = Timestamp(nanoseconds: MonotonicClock.nanoseconds())
        machine.handle(event, at: now, into: &effects)
        while !effects.isEmpty {
            let due = effects
            effects.removeAll(keepingCapacity: true)
            for effect in due { perform(effect) }
        }
    }

    // MARK: The coordinator

    private mutating func receive() {
        while let message = try? socket.receive() {
            guard let order = try? AgentOrder(frames: message.frames.map(\.bytes)) else {
                malformed += 1
                continue
            }
            take(order)
        }
    }

    private mutating func take(_ order: AgentOrder) {
        switch order {
        case .accepted(let node): handle(.accepted(node))
        case .refused, .shutDown: isOver = true
        case .lease(let lease): handle(.leaseGranted(lease))
        case .revoke(let attempts): handle(.attemptsRevoked(attempts))
        case .dropPages(let tasks): handle(.outputsDropped(tasks))
        case .sendPage(let task): handle(.outputRequested(task))
        case .storePage(let task, let output, let elementCount, let bytes):
            guard output == .page else {
                return store(bytes, of: task, elementCount: elementCount)
            }
            // How many elements a page has stands in its header: loops over it must know.
            guard let header = unsafe bytes.withUnsafeBytes({ unsafe try? PageHeader(reading: $0) })
            else { return handle(.dataRefused(task, "what the client sent is no page")) }
            store(bytes, of: task, elementCount: Int64(header.count))
        }
    }

    private mutating func store(_ bytes: [UInt8], of task: TaskID, elementCount: Int64) {
        do throws(ArenaError) {
            let extent = try arena.allocate(bytes: max(1, bytes.count))
            unsafe arena.mutablePointer(to: extent, count: bytes.count).copyBytes(from: bytes)
            let page = PageExtent(
                offset: Int64(extent.offset), byteCount: Int64(bytes.count),
                elementCount: elementCount)
            extents[page.offset] = extent
            handle(.dataStored(task, page))
        } catch {
            handle(.dataRefused(task, "the node has no room for its \(bytes.count) bytes"))
        }
    }

    mutating func send(_ message: AgentMessage) {
        outgoing.append(message.encoded().map { Frame($0) })
        flush()
    }

    /// Sends what waits for the coordinator, as far as its queue takes it.
    private mutating func flush() {
        var sent = 0
        for frames in outgoing {
            guard let outcome = try? socket.send(frames), outcome == .sent else { break }
            sent += 1
        }
        outgoing.removeFirst(sent)
    }
}
