// A connection that only looks: it greets without a program, asks for snapshots, and notices when
// the coordinator has gone. One thread owns it and waits in its own PollLoop.

import SwoopLaunching
import SwoopModel
import SwoopTransport
import SwoopWire

/// A viewer of a running coordinator.
struct CoordinatorViewer: ~Copyable {
    /// What is heard.
    enum News {
        case usage(ClusterUsage)
        case nodes([NodeDescription])
        /// The hosts of a standing cluster.
        case hosts([HostState])
        /// Which hosts are meant by an order; or why there are none.
        case taken([String], refusal: String)
        /// What became of a host that this viewer asked for.
        case settled(HostResult)
        /// What a standing cluster keeps.
        case kept([KeptState])
        /// What was wanted of kept data is done; or it is not, for this reason.
        case keptSettled(refusal: String)
        /// It ended, or does not want viewers.
        case end(Ending)
    }

    /// Why there is nothing more to see.
    struct Ending {
        var sentence: String
        /// Whether the cluster ended as clusters do, after it was seen.
        var isRegular: Bool
    }

    /// It is asked again after so long without an answer.
    private static let askAgain: Int64 = 2 * nanosecondsPerSecond
    /// It is given up after so long.
    private static let patience: Int64 = 10 * nanosecondsPerSecond

    let address: CoordinatorAddress
    let socket: Socket
    private let folder: RuntimeFolder
    private var lane = Lane<Nowhere>()
    private var heardAt: Int64
    private var askedAt: Int64 = 0
    private var checkedAt: Int64
    private var isWelcome = false
    /// It is asked for news four times a second.
    private var turns = LoopTurns(longest: 2 * nanosecondsPerSecond)

    /// Begins to connect.
    init(_ address: CoordinatorAddress, now: Int64) throws {
        do {
            let folder = try RuntimeFolder.ofUser()
            let keys = try CurveKeys(secretKey: address.clientSecretKey)
            var options = SocketOptions()
            options.watchesReach = true
            let socket = try Socket(
                .dealer, in: TransportContext(),
                security: .client(keys, serverKey: address.serverKey), options: options)
            try socket.connect(to: address.endpoint)
            self.init(address, folder, socket, now: now)
        } catch {
            throw ToolError("cannot connect to \(address.cluster) at \(address.endpoint): \(error)")
        }
    }

    private init(
        _ address: CoordinatorAddress, _ folder: RuntimeFolder, _ socket: consuming Socket,
        now: Int64
    ) {
        self.address = address
        self.folder = folder
        self.socket = socket
        heardAt = now
        checkedAt = now
    }

    /// When to look again, should nothing arrive until then.
    func nextDeadline(now: Int64) -> Int64 {
        now + (lane.isHeldUp ? nanosecondsPerSecond / 200 : nanosecondsPerSecond / 4)
    }

    /// Sends what is to be sent, and hands over everything that has arrived.
    mutating func news(now: Int64) -> [News] {
        let time = Timestamp(nanoseconds: now)
        let absence = turns.begin(at: time)
        if absence > 0 {
            heardAt =
                Timestamp(nanoseconds: heardAt)
                .excusing(absence, of: Self.patience, at: time).nanoseconds
        }
        if askedAt == 0 || now - max(heardAt, askedAt) > Self.askAgain { ask(now: now) }
        var news: [News] = []
        while let message = try? socket.receive() {
            // A piece of a message is a sign of life as well.
            heardAt = now
            let taken = try? lane.take(
                message.frames.map(\.bytes), at: now, hasRoom: { _ in true })
            guard case .message(let frames) = taken, let reply = ClientReply.reading(frames)
            else { continue }
            switch reply {
            case .welcome(_, let nodes, _):
                isWelcome = true
                news.append(.nodes(nodes))
            case .usage(let usage): news.append(.usage(usage))
            case .hosts(let states): news.append(.hosts(states))
            case .hostsTaken(let hosts, let refusal):
                news.append(.taken(hosts, refusal: refusal))
            case .hostSettled(let result): news.append(.settled(result))
            case .kept(let states): news.append(.kept(states))
            case .keepSettled(_, let refusal): news.append(.keptSettled(refusal: refusal))
            case .refused(let reason): news.append(.end(refusal(reason)))
            case .notices, .value, .records, .programWanted: break
            }
        }
        sendWaiting()
        if let ending = ending(now: now) { news.append(.end(ending)) }
        return news
    }

    /// Whether the coordinator has answered, and may be given orders.
    var isConnected: Bool { isWelcome }

    /// Gives an order.
    mutating func order(_ message: ClientMessage) {
        add(message)
        sendWaiting()
    }

    /// Says goodbye, as far as it is heard.
    mutating func close() {
        add(.goodbye)
        sendWaiting()
    }

    /// A new greeting each time: after a broken connection the coordinator does not know the old
    /// one.
    private mutating func ask(now: Int64) {
        askedAt = now
        lane = Lane()
        add(
            .hello(
                version: wireVersion, client: ClientID(UInt64.random(in: 1 ... .max)),
                program: .none,
                name: "swoop"))
        add(.watchUsage(true))
        sendWaiting()
    }

    private mutating func add(_ message: ClientMessage) {
        lane.add(message.encoded(), message.laneOrder)
    }

    private mutating func sendWaiting() {
        // Sending borrows the socket, which belongs to this value as the lane does.
        var lane = lane
        lane.send(at: MonotonicClock.nanoseconds()) { frames in
            (try? socket.send(frames.map { Frame($0) })) == .sent
        }
        self.lane = lane
    }

    private func refusal(_ reason: String) -> Ending {
        isWelcome
            ? Ending(sentence: "\(address.cluster) has ended: \(reason)", isRegular: true)
            : Ending(sentence: "\(address.cluster) takes no viewers: \(reason)", isRegular: false)
    }

    private mutating func ending(now: Int64) -> Ending? {
        guard now - checkedAt > nanosecondsPerSecond / 4 else { return nil }
        checkedAt = now
        let pid = address.process.pid
        guard !address.process.hasEnded else {
            return Ending(
                sentence: "\(address.cluster) has ended with its process \(pid)",
                isRegular: isWelcome)
        }
        guard !socket.wasRefused else {
            return Ending(
                sentence: "\(address.cluster) does not take the key of "
                    + "\(folder.path(of: address)): start the cluster anew, or remove that file",
                isRegular: false)
        }
        let silence = now - heardAt
        // Its goodbye may be lost; that it took its address back is not.
        let published = try? folder.coordinator(of: address.cluster)
        if silence > nanosecondsPerSecond, published != address {
            return Ending(sentence: "\(address.cluster) has ended", isRegular: isWelcome)
        }
        guard silence > Self.patience else { return nil }
        let why =
            address.process.standing == .foreign
            ? "it was \(CoordinatorAddress.elsewhere). If it has ended, remove "
                + folder.path(of: address)
            : "its process \(pid) exists, is it stopped?"
        return Ending(
            sentence: "\(address.cluster) has not answered for "
                + "\(Self.patience / nanosecondsPerSecond) s; \(why)",
            isRegular: false)
    }
}
