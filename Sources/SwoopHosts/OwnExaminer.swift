// This machine looked at: the questions that hosts are asked too, and what only the machine of the
// user needs: a start of a cluster, an SSH client, keys.

import Glibc
import SwoopLaunching
package import SwoopTransport

/// Examines this machine.
package enum OwnExaminer {
    /// What is found here.
    ///
    /// - Parameters:
    ///   - needs: what a cluster of this machine takes when it starts.
    ///   - options: how hosts are reached.
    ///   - architecture: of programs that are built here.
    package static func run(
        _ needs: Shortage.Needs, _ options: BringUpOptions, architecture: String
    ) throws(TransportError) -> Examination {
        let wait = HostWait(host: "this machine", cancelled: try Wakeup())
        wait.begin(.check, within: options.connectLimit)
        var findings: [Finding] = []
        do throws(TransportError) {
            try Shortage.check(needs)
            findings.append(Finding("start", .fine, "a cluster of this machine can start"))
        } catch {
            findings.append(Finding("start", .fault, "a cluster cannot start", advice: "\(error)"))
        }
        findings += machine(wait, architecture)
        findings.append(runtimeFolder)
        findings += ssh(options, wait)
        return Examination(host: nil, findings: findings)
    }

    private static func machine(_ wait: HostWait, _ architecture: String) -> [Finding] {
        let folder = (try? BundleCache.folderOfUser()) ?? "/"
        let script = ExaminationScript.text(folder: folder, listener: nil)
        do throws(HostError) {
            let run = try ProgramRun("/bin/sh", ["-c", script], wait: wait)
            if let sights = ExaminationScript.sights(in: run.output) {
                return sights.findings(for: architecture, between: nil)
            }
            return [
                Finding(
                    "system", .fault, "its shell did not answer all questions",
                    advice: String(decoding: run.errorOutput, as: UTF8.self))
            ]
        } catch {
            return [Finding("system", .fault, error.message, advice: "/bin/sh should work here")]
        }
    }

    private static var runtimeFolder: Finding {
        do throws(LaunchError) {
            let folder = try RuntimeFolder.ofUser()
            return Finding("runtime folder", .fine, folder.path)
        } catch {
            return Finding(
                "runtime folder", .fault, "tools cannot find clusters", advice: "\(error)")
        }
    }

    private static func ssh(_ options: BringUpOptions, _ wait: HostWait) -> [Finding] {
        let resolver = SSHResolver(configurationFile: options.configurationFile)
        let client =
            resolver.program.map { Finding("SSH client", .fine, $0) }
            ?? Finding(
                "SSH client", .warning, "there is no ssh program here",
                advice: "aliases, jump hosts and other settings of ~/.ssh/config need it: install"
                    + " openssh-client")
        let agent = resolver.local.agentPath.flatMap { KeyAgent(path: $0, wait: wait) }
        let held = (try? agent?.keys().count) ?? 0
        let folder = resolver.local.home + "/.ssh"
        let files = ["id_ed25519", "id_ecdsa"].filter {
            unsafe access("\(folder)/\($0)", R_OK) == 0
        }
        var found = held == 0 ? [] : ["\(held) in the SSH agent"]
        if !files.isEmpty { found.append(files.joined(separator: ", ") + " in \(folder)") }
        let keys =
            found.isEmpty
            ? Finding(
                "keys", .warning,
                "no key in an SSH agent, and no id_ed25519 or id_ecdsa in \(folder)",
                advice:
                    "hosts need one: `ssh-keygen -t ed25519`, then `ssh-copy-id HOST`; keys that"
                    + " ~/.ssh/config names are found too")
            : Finding("keys", .fine, found.joined(separator: "; "))
        return [client, keys]
    }
}
