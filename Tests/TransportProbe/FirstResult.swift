// The floor of "process start to first result": this program, an agent that it starts, a worker
// that the agent starts, CURVE between the first two, rings between the last two, one task through
// and back.

import Glibc
import SwoopLaunching
import SwoopTransport

/// The agent: connects, starts its worker meanwhile, passes tasks to it and results back.
func runProbeAgent(_ role: InheritedRole) throws {
    let secret = try HeldBytes.read(from: role.takeDescriptor("address"))
    let parts = String(decoding: secret, as: UTF8.self).split(separator: " ").map(String.init)
    let memory = try SharedMemory(creating: "rings", bytes: 2 * ringBytes)
    let answered = try Wakeup()
    var request = LaunchRequest(role: "probe-worker")
    request.arguments = CommandLine.arguments
    request.descriptors = ["rings": memory.descriptor, "event": answered.descriptor]
    let worker = try ChildProcess(starting: request)
    var tasks = try RingProducer(memory: memory, capacity: ringCapacity, waking: .futex)
    var results = try RingConsumer(
        memory: memory, offset: ringBytes, capacity: ringCapacity, waking: .futex)

    // The worker starts while this process shakes hands.
    let context = try TransportContext()
    let keys = try CurveKeys(secretKey: Secret(copying: parts[2]))
    let socket = try Socket(.dealer, in: context, security: .client(keys, serverKey: parts[1]))
    try socket.connect(to: parts[0])
    _ = try socket.send([Frame("hello")])

    let spin: Int64 = CommandLine.arguments.contains("spin") ? 15_000 : 0
    var loop = PollLoop()
    let fromClient = loop.watch(socket)
    _ = loop.watch(descriptor: answered.descriptor)
    let ended = loop.watch(descriptor: worker.exitDescriptor)
    while true {
        if results.prepareToSleep() { try loop.wait(until: nil, spinNanoseconds: spin) }
        results.awoke()
        answered.clear()
        if loop.isReady(ended) { exit(1) }
        if loop.isReady(fromClient) || results.hasRecords == false {
            while let message = try socket.receive() {
                _ = try tasks.write(message.frames[0].bytes.span)
            }
            tasks.publish()
        }
        var finished: Frames = []
        _ = try results.drain { record in
            finished.append(Frame(record))
        }
        for result in finished { _ = try socket.send([result]) }
    }
}

/// The client with its coordinator socket, up to the agent's hello.
struct ProbeClient: ~Copyable {
    let socket: Socket
    var loop = PollLoop()
    let agent: ChildProcess
    let peer: PeerID

    init(spin: Bool) throws {
        let context = try TransportContext()
        let keys = try CurveKeys.generate()
        let agentKeys = try CurveKeys.generate()
        let list = AccessList()
        list.permit(agentKeys.publicKey, as: "agent")
        let judge = try Authenticator(for: list, in: context)
        let socket = try Socket(.router, in: context, security: .server(keys, judge))
        let endpoint = try socket.bind(to: "tcp://127.0.0.1:*")
        let address = try HeldBytes.descriptor(
            holding: Array("\(endpoint) \(keys.publicKey) ".utf8)
                + agentKeys.secretKey.withBytes { unsafe Array($0) })
        var request = LaunchRequest(role: "probe-agent")
        request.arguments = ["probe", spin ? "spin" : "sleep"]
        request.descriptors = ["address": address.rawValue]
        let agent = try ChildProcess(starting: request)
        var loop = PollLoop()
        _ = loop.watch(socket)
        var hello: ReceivedMessage?
        while hello == nil {
            try loop.wait(until: nil)
            hello = try socket.receive()
        }
        self.socket = socket
        self.loop = loop
        self.agent = agent
        peer = hello!.peer!
    }

    mutating func roundTrip(spin: Bool) throws {
        _ = try socket.send([Frame("task")], to: peer)
        repeat {
            try loop.wait(until: nil, spinNanoseconds: spin ? 15_000 : 0)
        } while try socket.receive() == nil
    }
}

/// One whole program; its parts in microseconds.
///
/// Run it under a timer for the start of the process.
func measureFirstResult() throws {
    let start = MonotonicClock.nanoseconds()
    var client = try ProbeClient(spin: false)
    let connected = MonotonicClock.nanoseconds()
    try client.roundTrip(spin: false)
    let end = MonotonicClock.nanoseconds()
    let (hello, result) = ((connected - start) / 1_000, (end - start) / 1_000)
    print("agent said hello \(hello) us, first result \(result) us")
    client.agent.endNow()
}

func measureRoundTrips() throws {
    for spin in [false, true] {
        var client = try ProbeClient(spin: spin)
        for _ in 0..<200 { try client.roundTrip(spin: spin) }
        var samples: [Int64] = []
        for _ in 0..<5_000 {
            let start = MonotonicClock.nanoseconds()
            try client.roundTrip(spin: spin)
            samples.append(MonotonicClock.nanoseconds() - start)
        }
        report("client - agent - worker and back, \(spin ? "spinning" : "sleeping")", samples)
        client.agent.endNow()
    }
}
