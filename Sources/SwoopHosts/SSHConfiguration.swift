// What the user's SSH configuration makes of a host, as `ssh -G` prints it: parsing, expanding of
// names, and the command of a jump host. Pure; SSHResolver runs the program.

import SwoopModel

/// How a host is reached and who one is there.
struct SSHConfiguration: Equatable, Sendable {
    /// The name as it was asked for.
    var alias: String
    var hostName: String
    var port = 22
    var user: String
    /// Private keys, in order, as absolute paths.
    var identityFiles: [String] = []
    /// The path of the user's ssh-agent; nil for none.
    var identityAgent: String?
    /// Offer no keys of the ssh-agent but those of the identity files.
    var identitiesOnly = false
    var userKnownHosts: [String] = []
    var globalKnownHosts: [String] = []
    /// Where the names of the user's known hosts end is not known: nothing is written there.
    var areKnownHostsUnclear = false
    /// The name in the known hosts, where it is not the host's.
    var hostKeyAlias: String?
    /// What to do with a key that was never seen.
    var newKeys = NewKeys.refused
    /// Seconds; nil when the user did not care.
    var connectTimeout: Int?
    var proxyJump: String?
    var proxyCommand: String?
    var addressFamily = AddressFamily.any
    /// Something to know about it: that there is no ssh here.
    var remark: String?

    /// What to do with the key of a host that was never seen.
    enum NewKeys: Hashable, Sendable {
        case refused
        case accepted
    }

    /// Which addresses are wanted.
    enum AddressFamily: Hashable, Sendable {
        case any
        case version4
        case version6
    }

    /// The user of this machine, as far as paths need it.
    struct LocalUser: Sendable {
        var name: String
        var home: String
        /// SSH_AUTH_SOCK.
        var agentPath: String?
        /// A variable of the environment, for `${NAME}` in paths; nil: it is not set.
        var variable: @Sendable (_ name: String) -> String? = { _ in nil }
    }

    /// What OpenSSH would do without any configuration.
    init(without remark: String, host: HostEntry, local: LocalUser) {
        alias = host.address
        hostName = host.address
        port = host.port ?? 22
        user = host.user ?? local.name
        let named = host.identity.map { [$0] } ?? []
        identityFiles = (named + ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"])
            .map { Self.absolute($0, home: local.home) }
        identityAgent = local.agentPath
        userKnownHosts = ["\(local.home)/.ssh/known_hosts"]
        globalKnownHosts = ["/etc/ssh/ssh_known_hosts"]
        self.remark = remark
    }

    /// Reads what `ssh -G` printed: lines of a key in small letters and its value.
    ///
    /// - Parameter words: the words of all lines of the configuration with a keyword.
    init(
        printed text: String, alias: String, local: LocalUser,
        words: (_ keyword: String) -> [[String]]
    ) {
        self.alias = alias
        hostName = alias
        user = local.name
        identityAgent = local.agentPath
        var rawIdentities: [String] = []
        var knownHosts = (user: "", global: "")
        for line in text.pieces(at: "\n") {
            let (key, rest) = line.halves(at: " ") ?? (line, "")
            let value = String(rest)
            switch key {
            case "hostname": hostName = value
            case "port": port = Int(value) ?? 22
            case "user": user = value
            case "identityfile": rawIdentities.append(value)
            case "identityagent": setAgent(value, local: local)
            case "identitiesonly": identitiesOnly = value == "yes"
            case "userknownhostsfile": knownHosts.user = value
            case "globalknownhostsfile": knownHosts.global = value
            case "hostkeyalias": hostKeyAlias = value
            case "stricthostkeychecking":
                newKeys =
                    ["accept-new", "no", "off", "false"].contains(value) ? .accepted : .refused
            case "connecttimeout": connectTimeout = Int(value)
            case "proxyjump": proxyJump = value == "none" ? nil : value
            case "proxycommand": proxyCommand = value == "none" ? nil : value
            case "addressfamily":
                addressFamily = value == "inet" ? .version4 : value == "inet6" ? .version6 : .any
            default: break
            }
        }
        identityFiles = rawIdentities.map { path($0, local) }
        let user = files(
            knownHosts.user, "userknownhostsfile",
            usual: ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"], local, words)
        userKnownHosts = user.paths
        areKnownHostsUnclear = user.isUnclear
        globalKnownHosts =
            files(
                knownHosts.global, "globalknownhostsfile",
                usual: ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"], local, words
            ).paths
    }

    private func files(
        _ printed: String, _ keyword: String, usual: [String], _ local: LocalUser,
        _ words: (String) -> [[String]]
    ) -> PrintedFiles {
        let found = PrintedFiles(printed, usual: usual.map { path($0, local) }) {
            // Newer versions print the names expanded, older ones as they were written.
            words(keyword).flatMap { [$0.map { path($0, local) }, $0] }
        }
        var result = found
        result.paths = found.paths.map { path($0, local) }
        return result
    }

    /// The command that carries the bytes to the host; nil when it is reached directly.
    ///
    /// `options` go to OpenSSH's client before everything else.
    func proxyProgram(ssh: String?, options: [String], local: LocalUser) -> String? {
        if let proxyCommand { return expanded(proxyCommand, local) }
        guard let proxyJump, let ssh else { return nil }
        let hops = proxyJump.pieces(at: ",").map(String.init)
        guard let last = hops.last else { return nil }
        let target = hostName.contains(":") ? "[\(hostName)]:\(port)" : "\(hostName):\(port)"
        var words = [ssh] + options + ["-o", "BatchMode=yes", "-W", target]
        if hops.count > 1 { words += ["-J", hops.dropLast().joined(separator: ",")] }
        words += ["--", last.hasPrefix("ssh://") ? last : "ssh://\(last)"]
        return words.map(ShellWord.quoted).joined(separator: " ")
    }

    private mutating func setAgent(_ value: String, local: LocalUser) {
        switch value {
        case "none": identityAgent = nil
        case "SSH_AUTH_SOCK": identityAgent = local.agentPath
        default: identityAgent = path(value, local)
        }
    }

    /// A path with its marks, variables and `~/` replaced.
    private func path(_ text: String, _ local: LocalUser) -> String {
        Self.absolute(Self.filled(expanded(text, local), local), home: local.home)
    }

    /// Replaces `${NAME}`; one that is not set stays, where OpenSSH ends with an error.
    private static func filled(_ text: String, _ local: LocalUser) -> String {
        var result = ""
        var rest = Substring(text)
        while let place = rest.firstIndex(of: "$") {
            result += rest[..<place]
            rest = rest[place...]
            guard rest.hasPrefix("${"), let end = rest.firstIndex(of: "}"),
                let value = local.variable(String(rest[..<end].dropFirst(2)))
            else {
                result += "$"
                rest = rest.dropFirst()
                continue
            }
            result += value
            rest = rest[end...].dropFirst()
        }
        return result + rest
    }

    private static func absolute(_ path: String, home: String) -> String {
        path.hasPrefix("~/") ? home + path.dropFirst(1) : path
    }

    /// Replaces the marks that OpenSSH knows: %h, %p, %r, %n, %k, %d, %u, %%.
    private func expanded(_ text: String, _ local: LocalUser) -> String {
        var result = ""
        var isMark = false
        // By scalars: a mark may stand before an accent, which would make one character of both.
        for character in text.unicodeScalars {
            guard isMark else {
                if character == "%" {
                    isMark = true
                } else {
                    result.unicodeScalars.append(character)
                }
                continue
            }
            isMark = false
            switch character {
            case "h": result += hostName
            case "p": result += String(port)
            case "r": result += user
            case "n": result += alias
            case "k": result += hostKeyAlias ?? alias
            case "d": result += local.home
            case "u": result += local.name
            case "%": result += "%"
            default: result += "%\(character)"
            }
        }
        return result
    }
}
