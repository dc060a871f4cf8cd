// What can happen to a host's network: the cable is pulled, a firewall stands in the way, the line
// is slow.

extension LabHost {
    /// What a firewall on a host holds back.
    package enum Blocked: String, Sendable {
        /// Attempts to open a connection; answers on connections of the other side's pass.
        case opening
        /// Every packet.
        case everything
    }

    /// What comes of an attempt to connect.
    package enum Reach: Sendable {
        /// Somebody listens there.
        case answer
        /// The machine is there, and nobody listens.
        case refusal
        /// Nothing within half a second.
        case silence
    }

    /// Tries to connect from this host to an address.
    package func reach(_ address: String, port: Int = 22) throws -> Reach {
        let attempt = "timeout 0.5 bash -c ': </dev/tcp/\(address)/\(port)' 2>&1"
        let result = try run(attempt)
        switch result.code {
        case 0: return .answer
        case 1 where result.output.contains("refused"): return .refusal
        case 124: return .silence
        default: throw LabError.failed("connecting to \(address)", words: result.output)
        }
    }

    /// Pulls the cable: what is sent is lost, neither side is told.
    package func cutLink() throws {
        try lab.onSwitch(#"ip link set "$1" nomaster"#, [link], named: "cutting off \(name)")
    }

    /// Plugs the cable in again.
    package func restoreLink() throws {
        try lab.onSwitch(
            #"ip link set "$1" master hosts"#, [link], named: "connecting \(name) again")
    }

    /// From now on what this host sends to an address (another host's, or the lab's for this
    /// machine) is dropped.
    package func block(_ what: Blocked = .opening, to address: String) throws {
        let match = what == .opening ? "meta l4proto tcp tcp flags & (syn|ack) == syn" : ""
        let script = """
            nft -f - <<END
            table ip lab {
              chain out {
                type filter hook output priority 0; policy accept;
                ip daddr \(address) \(match) drop
              }
            }
            END
            """
        try inNetwork(script, named: "blocking \(address) on \(name)")
    }

    /// Takes away every block of this host's.
    package func unblock() throws {
        try inNetwork("nft delete table ip lab", named: "unblocking \(name)")
    }

    /// Both ways at most this fast from now on.
    package func limitLink(megabitsPerSecond rate: Int) throws {
        let limit = "tc qdisc replace dev \"$1\" root tbf rate \(rate)mbit burst 256kb latency 50ms"
        try lab.onSwitch(limit, [link], named: "limiting \(name)")
        try inNetwork(
            limit.replacing("\"$1\"", with: "eth0"), named: "limiting \(name)")
    }

    /// As fast as the machine again.
    package func unlimitLink() throws {
        try lab.onSwitch("tc qdisc del dev \"$1\" root", [link], named: "unlimiting \(name)")
        try inNetwork("tc qdisc del dev eth0 root", named: "unlimiting \(name)")
    }

    /// The switch's end of the cable.
    private var link: String { "host\(number)" }

    /// Runs a script with this machine's tools in the host's network.
    private func inNetwork(_ script: String, named name: String) throws {
        try runSuccessfully(
            #"exec nsenter --target "$1" --net /bin/sh -c "$2""#, ["\(firstProcess)", script],
            named: name)
    }
}
