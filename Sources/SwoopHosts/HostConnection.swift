// The beginning of every host's way: a session in which somebody is logged in, and the first look
// at the host. HostSteps goes on to an agent, HostExaminer to findings.

import SwoopModel

/// How a host is reached.
///
/// Used by one thread.
struct HostConnection {
    let host: HostEntry
    let options: BringUpOptions
    let resolver: SSHResolver
    let knownHosts: KnownHostsReader

    /// Connects and logs in.
    func open(_ wait: HostWait) throws(HostError) -> (SSHSession, user: String) {
        wait.begin(.resolve, within: options.connectLimit)
        var configuration = try resolver.resolve(host, wait: wait)
        if options.acceptsNewKeys { configuration.newKeys = .accepted }
        wait.proceed(to: .connect)
        if let seconds = configuration.connectTimeout, seconds > 0 {
            wait.begin(.connect, within: min(wait.left, Int64(seconds) * 1_000_000_000))
        }
        var proxyOptions = resolver.options
        if options.acceptsNewKeys { proxyOptions += ["-o", "StrictHostKeyChecking=accept-new"] }
        let proxy = configuration.proxyProgram(
            ssh: resolver.program, options: proxyOptions, local: resolver.local)
        let session = try SSHSession(
            to: configuration, proxyProgram: proxy, knownHosts: knownHosts, wait: wait)
        try session.login(configuration)
        return (session, configuration.user)
    }

    /// Asks the host what a program's start there needs; its shell then waits for a command.
    func probe(
        _ session: SSHSession, for manifest: ProgramManifest
    ) throws(HostError) -> (ProbeAnswer, shell: SSHChannel) {
        session.wait.begin(.check, within: options.connectLimit)
        session.wait.doing = "looking at the host"
        let script = ProbeScript.text(folder: host.folder, manifest: manifest)
        let shell = try HostShell.open(on: session)
        _ = try shell.write(Array(script.utf8))
        var said: [UInt8] = []
        while !shell.isEnded, !take(&said, from: shell) {
            if try !shell.read(), !shell.isEnded { try session.waitForSocket() }
        }
        var result = shell.isEnded ? try shell.finish() : shell.soFar
        if !said.isEmpty { result.output = said }
        return (ProbeAnswer(result, manifest: manifest), shell)
    }

    /// Takes the lines of the answer, from its first on; true once that was the last.
    private func take(_ said: inout [UInt8], from shell: SSHChannel) -> Bool {
        let (begin, end) = (Array(ProbeScript.begin.utf8)[...], Array(ProbeScript.end.utf8)[...])
        for line in shell.output.takeLines() {
            if line == begin { said = [] }
            guard line == begin || !said.isEmpty, said.count < PrintedStream.limit else { continue }
            said += line + [10]
            if line == end { return true }
        }
        return false
    }
}
