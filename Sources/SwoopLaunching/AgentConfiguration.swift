// What an agent is told when it is started: over a descriptor that only it holds, or through the
// SSH channel that started it; never on a command line.

import Glibc
package import SwoopModel
package import SwoopTransport

/// Everything an agent must know; handed over as lines `key=value` that end with an empty line.
package struct AgentConfiguration: Sendable, Equatable {
    /// Where the coordinator listens, tried in this order (none: where the channel says, see
    /// `AgentProcess.run`); and the key that it proves.
    package var endpoints: [String]
    package var serverKey: String
    /// How long each endpoint is tried, in nanoseconds.
    package var endpointLimit: Int64 = 3 * nanosecondsPerSecond
    /// The key by which the coordinator and the other agents know this one; no other agent has it.
    package var secretKey: Secret
    /// The node's name.
    package var name: String
    /// Slots of its workers; 0: as many as there are usable cores.
    package var slots: Int
    /// Bytes that pages may take; 0: half of the memory.
    package var pageBudget: Int
    /// Where pages go that memory has no room for; empty: as `SpillFile.ofThisNode` says.
    package var spillFolder = ""
    /// The program that the agent is a part of.
    package var program: ProgramID
    /// Where programs are kept (`BundleCache`); empty: nowhere, so that it runs no other.
    package var cacheFolder = ""
    /// Bytes that they may take there; 0: as many as is usual.
    package var cacheBytesMax = 0
    /// Addresses of this machine on which it listens for those who fetch pages; none: loopback.
    package var listening: [String] = []
    /// Addresses under which the others reach it; none: those on which it listens. `0.0.0.0` stands
    /// for the address at which the others reach the coordinator: the same machine. Nothing listens
    /// on all addresses.
    package var announced: [String] = []
    /// It ends when it heard nothing of the coordinator for so long, in nanoseconds; 0: never. A
    /// child ends with its parent only.
    package var grace: Int64 = Agreed.grace

    /// How long a worker may be stopped, in nanoseconds, by SWOOP_STOPPED of the agent's
    /// environment in seconds; nil: as long as is usual.
    package var stoppedMax: Int64? {
        guard let text = unsafe getenv("SWOOP_STOPPED"),
            let seconds = Int64(unsafe String(cString: text)), (1...86_400).contains(seconds)
        else { return nil }
        return seconds * nanosecondsPerSecond
    }

    package init(
        endpoints: [String], serverKey: String, secretKey: Secret, name: String, slots: Int = 0,
        pageBudget: Int = 0, program: ProgramID
    ) {
        self.endpoints = endpoints
        self.serverKey = serverKey
        self.secretKey = secretKey
        self.name = name
        self.slots = slots
        self.pageBudget = pageBudget
        self.program = program
    }

    /// The role's name in `LaunchRequest`.
    package static let role = "agent"
    /// The descriptor's name.
    package static let descriptor = "configuration"
    /// The name of the descriptor of its arena, where whoever starts it has made one to write in
    /// it too.
    package static let arenaDescriptor = "arena"
    /// What a line begins with that names one more endpoint, asked for by `swoop: cannot reach …`.
    package static let endpointKey = "endpoint"
    private static let secretKeyLine = "secret-key"

    /// Lends the lines, the empty one included: what is written to a descriptor or a channel.
    ///
    /// They are zeroed afterwards: the key is in them.
    package func withEncoded<Result: ~Copyable>(_ body: ([UInt8]) throws -> Result) rethrows
        -> Result
    {
        var lines = encoded
        defer { lines.wipe() }
        return try body(lines)
    }

    private var encoded: [UInt8] {
        var pairs = endpoints.map { (Self.endpointKey, $0) }
        pairs += [
            ("endpoint-limit", String(endpointLimit)), ("server-key", serverKey),
            ("name", name), ("slots", String(slots)),
            ("page-budget", String(pageBudget)), ("program", program.rawValue),
            ("cache-folder", cacheFolder), ("cache-bytes", String(cacheBytesMax)),
            ("spill-folder", spillFolder),
            ("grace", String(grace)),
        ]
        pairs += listening.map { ("listen", $0) }
        pairs += announced.map { ("announce", $0) }
        // A line's end inside of a value would begin another line.
        let lines = pairs.map { key, value in
            "\(key)=" + String(String.UnicodeScalarView(value.unicodeScalars.filter { $0 != "\n" }))
        }
        let rest = (lines.joined(separator: "\n") + "\n\n").utf8
        var bytes = Array("\(Self.secretKeyLine)=".utf8)
        // At once, so that no copy is left behind where the array grows.
        bytes.reserveCapacity(bytes.count + secretKey.count + 1 + rest.count)
        bytes.append(secretKey)
        bytes.append(10)
        bytes.append(contentsOf: rest)
        return bytes
    }

    /// Reads the lines; keys that it does not know are passed over.
    ///
    /// The key is taken out of them, and zeroed there.
    ///
    /// - Throws: `LaunchError.malformedConfiguration`, which names what is missing or makes no
    ///   sense.
    package init(decoding bytes: inout [UInt8]) throws(LaunchError) {
        let taken = Secret.taken(ofLine: Self.secretKeyLine, from: &bytes)
        func secretKey() throws(LaunchError) -> Secret {
            guard let taken else { throw .malformedConfiguration("no \"\(Self.secretKeyLine)\"") }
            return taken
        }
        var values: [Substring: [String]] = [:]
        for line in String(decoding: bytes, as: UTF8.self).pieces(at: "\n") {
            guard let (key, value) = line.halves(at: "=") else {
                throw .malformedConfiguration("a line without \"=\"")
            }
            values[key, default: []].append(String(value))
        }
        func text(_ key: Substring) throws(LaunchError) -> String {
            guard let value = values[key]?.last else {
                throw .malformedConfiguration("no \"\(key)\"")
            }
            return value
        }
        func number(_ key: Substring, _ usual: Int64?) throws(LaunchError) -> Int64 {
            if let usual, values[key] == nil { return usual }
            guard let value = Int64(try text(key)), value >= 0 else {
                throw .malformedConfiguration("\"\(key)\" is no number from 0 on")
            }
            return value
        }
        let endpoints = values["endpoint"] ?? []
        guard !endpoints.contains("") else {
            throw .malformedConfiguration("an empty \"endpoint\"")
        }
        self.init(
            endpoints: endpoints, serverKey: try text("server-key"),
            secretKey: try secretKey(), name: try text("name"),
            slots: Int(try number("slots", 0)), pageBudget: Int(try number("page-budget", 0)),
            program: ProgramID(try text("program")))
        endpointLimit = try number("endpoint-limit", endpointLimit)
        grace = try number("grace", grace)
        cacheFolder = values["cache-folder"]?.last ?? ""
        cacheBytesMax = Int(try number("cache-bytes", 0))
        spillFolder = values["spill-folder"]?.last ?? ""
        listening = values["listen"] ?? []
        announced = values["announce"] ?? []
    }

    /// Starts an agent with this configuration as a child of this process.
    ///
    /// - Parameters:
    ///   - arena: the descriptor of its memory for pages; nil: it makes one.
    ///   - output: where what it prints itself goes. One that outlives who started its coordinator
    ///     must not keep that one's streams: whoever reads them would wait for their end.
    package func start(
        arena: Int32? = nil, output: LaunchRequest.Output = .inherited
    ) throws -> ChildProcess {
        let held = try withEncoded { try HeldBytes.descriptor(holding: $0) }
        var request = LaunchRequest(role: Self.role)
        request.descriptors[Self.descriptor] = held.rawValue
        request.descriptors[Self.arenaDescriptor] = arena
        request.hearsLastWords = true
        request.output = output
        return try ChildProcess(starting: request)
    }
}
