// Who the host is, by its key, and who the user is, by a key of the user's. No prompt, ever.

import CSwoopSSH2
import Glibc
import SwoopModel
import SwoopTransport

extension SSHSession {
    /// Compares the key that the host has shown with those that it had before.
    func check(
        _ known: KnownHost, _ configuration: SSHConfiguration, knownHosts: KnownHostsReader
    ) throws(HostError) {
        wait.proceed(to: .hostKey)
        var length = 0
        var number: Int32 = 0
        guard let start = unsafe libssh2_session_hostkey(handle, &length, &number) else {
            throw wait.error("it showed no key.")
        }
        let key = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: length))
        var reader = SSHBytes(key)
        let kind = reader.string().map { String(decoding: $0, as: UTF8.self) } ?? ""
        let shown = "\(HostKeyKind.short(kind)) key \(Fingerprint.of(key))"
        let verdict = known.verdict(kind: kind, key: key)
        switch verdict {
        case .known: return
        case .unknown, .otherPort:
            guard configuration.newKeys == .accepted else {
                if case .otherPort(let line) = verdict {
                    throw wait.error(
                        "its \(shown) is known in \(line.file):\(line.number) for the usual port"
                            + " and not for port \(configuration.port), which needs a line of its own:"
                            + " \(known.name) \(kind) \(Base64.encoded(key)) (or bring it up with"
                            + " --accept-new).")
                }
                throw wait.error(
                    "its \(shown) was never seen here. If it is right, accept it:"
                        + " ssh -o StrictHostKeyChecking=accept-new \(configuration.alias) true"
                        + " (or bring it up with --accept-new).")
            }
            let problem =
                configuration.areKnownHostsUnclear
                ? "where the names of its files of known hosts end cannot be told from the SSH"
                    + " configuration; put UserKnownHostsFile into one line of it, each name in"
                    + " quotes"
                : knownHosts.add(
                    key, kind: kind, name: known.name, to: configuration.userKnownHosts)
            if let problem {
                throw wait.error("its \(shown) is new and could not be written down: \(problem).")
            }
        case .changed(let line):
            throw wait.error(
                "its \(shown) is not the one it had: \(HostKeyKind.short(line.kind)) key"
                    + " \(Fingerprint.of(line.key)) in \(line.file):\(line.number). Somebody may be"
                    + " in between. If it was set up anew: ssh-keygen -R"
                    + " \(ShellWord.quoted(known.name)) -f \(ShellWord.quoted(line.file))")
        case .otherKind(let line):
            throw wait.error(
                "it showed its \(shown); known here is another kind, its"
                    + " \(HostKeyKind.short(line.kind)) key in \(line.file):\(line.number), which"
                    + " it did not show. If it is right, add it:"
                    + " ssh-keyscan -t \(HostKeyKind.short(kind).lowercased()) -p"
                    + " \(configuration.port) \(ShellWord.quoted(configuration.hostName)) >>"
                    + " \(ShellWord.quoted(line.file))")
        case .revoked(let line):
            throw wait.error("its \(shown) is revoked in \(line.file):\(line.number).")
        }
    }

    /// Logs in with a key of the ssh-agent or of a file.
    func login(_ configuration: SSHConfiguration) throws(HostError) {
        wait.proceed(to: .login)
        wait.doing = "logging in as \(configuration.user)"
        let user = configuration.user
        let methods = try loginMethods(user: user)
        guard let methods else { return }
        guard methods.split(separator: ",").contains("publickey") else {
            throw wait.error("it takes no keys for \(user), only: \(methods).")
        }
        var attempts = LoginAttempts(user: user)
        let files = configuration.identityFiles.compactMap { path in
            SmallFile.secret(at: path).flatMap { IdentityFile(path: path, contents: $0) }
        }
        if try loginByAgent(configuration, files: files, &attempts) { return }
        for file in files where !attempts.offered.contains(file.publicKey) {
            if file.isEncrypted {
                attempts.encrypted.append(file.path)
            } else if try login(with: file, user: user) {
                return
            } else {
                attempts.refused(file.path, kind: file.kind)
            }
        }
        throw wait.error(attempts.explanation, words: remoteWords())
    }

    /// Ways to log in that the server offers; nil when nothing was asked.
    private func loginMethods(user: String) throws(HostError) -> String? {
        let length = UInt32(user.utf8.count)
        while true {
            if let list = unsafe libssh2_userauth_list(handle, user, length) {
                return unsafe String(cString: list)
            }
            if unsafe libssh2_userauth_authenticated(handle) != 0 { return nil }
            guard unsafe libssh2_session_last_errno(handle) == LIBSSH2_ERROR_EAGAIN else {
                throw loginBroke()
            }
            try waitForSocket()
        }
    }

    private func loginBroke() -> HostError {
        let words = remoteWords()
        return wait.error(
            "its SSH server ended the login.", words: words.isEmpty ? lastWords : words)
    }

    private func loginByAgent(
        _ configuration: SSHConfiguration, files: [IdentityFile], _ attempts: inout LoginAttempts
    ) throws(HostError) -> Bool {
        guard let path = configuration.identityAgent else { return false }
        guard let agent = KeyAgent(path: path, wait: wait) else {
            attempts.agentIsGone = true
            return false
        }
        attempts.hasAgent = true
        let named = Set(files.map(\.publicKey) + configuration.identityFiles.compactMap(publicKey))
        let keys = try agent.keys()
        let wanted =
            keys.filter { named.contains($0.publicKey) }
            + (configuration.identitiesOnly ? [] : keys.filter { !named.contains($0.publicKey) })
        for key in wanted where IdentityKind.isUsable(key.kind) {
            let signer = AgentSigner(agent: agent, key: key.publicKey)
            attempts.offered.insert(key.publicKey)
            if try login(with: signer, user: configuration.user) { return true }
            if let failure = signer.failure { throw failure }
            attempts.refused("\(key.comment) of the ssh-agent", kind: key.kind)
        }
        return false
    }

    /// The public key beside a private one, `KEY.pub`.
    private func publicKey(_ path: String) -> [UInt8]? {
        guard let bytes = SmallFile.contents(at: path + ".pub", limit: 1 << 16) else { return nil }
        let words = String(decoding: bytes, as: UTF8.self).pieces(at: " ")
        return words.count >= 2 ? Base64.decoded(words[1].utf8) : nil
    }

    private func login(with file: IdentityFile, user: String) throws(HostError) -> Bool {
        let count = file.contents.count
        let code = try repeated {
            // The library looks for a zero behind the key, whatever count it is given.
            file.contents.withZeroBehind { text in
                unsafe libssh2_userauth_publickey_frommemory(
                    handle, user, user.utf8.count, nil, 0, text, count, "")
            }
        }
        return try isAccepted(code)
    }

    private func login(with signer: AgentSigner, user: String) throws(HostError) -> Bool {
        let context = unsafe Unmanaged.passUnretained(signer).toOpaque()
        var abstract: UnsafeMutableRawPointer? = unsafe context
        let code = try repeated {
            unsafe libssh2_userauth_publickey(
                handle, user, signer.key, signer.key.count, AgentSigner.callback, &abstract)
        }
        return try isAccepted(code)
    }

    private func isAccepted(_ code: Int32) throws(HostError) -> Bool {
        switch code {
        case 0: return true
        case LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
            LIBSSH2_ERROR_TIMEOUT:
            throw loginBroke()
        default: return false
        }
    }
}

/// Kinds of the user's keys.
enum IdentityKind {
    /// True for those that the library can send; keys in hardware and certificates it cannot.
    static func isUsable(_ kind: String) -> Bool {
        kind == "ssh-ed25519" || kind == "ssh-rsa" || kind.hasPrefix("ecdsa-sha2-nistp")
    }
}

/// What was tried to log in, for the message when nothing did.
struct LoginAttempts {
    let user: String
    /// Public keys that the ssh-agent offered.
    var offered: Set<[UInt8]> = []
    var encrypted: [String] = []
    var hasAgent = false
    var agentIsGone = false
    private var names: [String] = []
    private var triedRSA = false

    init(user: String) { self.user = user }

    mutating func refused(_ name: String, kind: String) {
        names.append(name)
        if kind == "ssh-rsa" { triedRSA = true }
    }

    /// One message: what was refused, and what to do.
    var explanation: String {
        var parts = [
            names.isEmpty
                ? "there was no key to offer for \(user)"
                : "it refused \(user) with \(names.joined(separator: ", "))"
        ]
        if !encrypted.isEmpty {
            parts.append(
                "\(encrypted.joined(separator: ", ")) has a passphrase, and nobody is asked: put it"
                    + " into an ssh-agent with ssh-add \(ShellWord.quoted(encrypted[0]))")
        }
        if triedRSA {
            parts.append(
                "an RSA key is of no use here, since libssh2 \(SSHSession.libraryVersion) signs"
                    + " with SHA-1, which today's OpenSSH refuses: make one with ssh-keygen -t ed25519"
                    + " and bring it over with ssh-copy-id")
        } else if encrypted.isEmpty {
            parts.append("bring one over with ssh-copy-id")
        }
        if agentIsGone { parts.append("nobody answers at the ssh-agent's socket") }
        return parts.joined(separator: "; ") + "."
    }
}

/// Signs through the ssh-agent in the library's callback.
private final class AgentSigner {
    let agent: KeyAgent
    let key: [UInt8]
    var failure: HostError?

    init(agent: KeyAgent, key: [UInt8]) {
        self.agent = agent
        self.key = key
    }

    typealias Callback =
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?,
            UnsafeMutablePointer<Int>?, UnsafePointer<UInt8>?, Int,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> Int32

    /// The library frees the signature with free().
    static var callback: Callback {
        { _, signature, length, data, count, context in
            guard let signature = unsafe signature, let length = unsafe length,
                let data = unsafe data, let context = unsafe context?.pointee
            else { return -1 }
            let signer = unsafe Unmanaged<AgentSigner>.fromOpaque(context).takeUnretainedValue()
            let bytes = unsafe [UInt8](UnsafeBufferPointer(start: data, count: count))
            do throws(HostError) {
                guard let made = try signer.agent.sign(bytes, with: signer.key),
                    let copy = unsafe malloc(max(1, made.count))
                else { return -1 }
                unsafe made.withUnsafeBytes {
                    unsafe copy.copyMemory(from: $0.baseAddress!, byteCount: $0.count)
                }
                unsafe signature.pointee = copy.assumingMemoryBound(to: UInt8.self)
                unsafe length.pointee = made.count
                return 0
            } catch {
                signer.failure = error
                return -1
            }
        }
    }
}
