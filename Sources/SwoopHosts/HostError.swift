// What can go wrong between a list of hosts and agents that run on them. Every function of this
// room that talks to a host throws this one type: which host, which step, what to do, their words.

/// Why a host could not be brought up, for people.
package struct HostError: Error, Equatable, Sendable, CustomStringConvertible {
    /// How far it came.
    package enum Step: String, Hashable, Sendable {
        /// Asking the user's SSH configuration what the name means.
        case resolve
        /// Reaching the SSH server, itself or through a jump host, and agreeing on keys.
        case connect
        /// Making sure that it is the host it was.
        case hostKey = "host key"
        /// Proving who the user is.
        case login
        /// Looking at the host before anything runs there.
        case check
        /// Sending the files of the program.
        case send
        /// Starting the agent, until it has joined.
        case start
        /// Stopped by the user.
        case cancelled
    }

    /// The host as the list names it.
    package var host: String
    package var step: Step
    /// One or two sentences: what is wrong and what to do.
    package var message: String
    /// What the other side (or a program run for it) said itself; empty when it said nothing.
    package var remoteWords: String

    package init(host: String, step: Step, message: String, remoteWords: String = "") {
        self.host = host
        self.step = step
        self.message = message
        self.remoteWords = remoteWords
    }

    package var description: String {
        let words = remoteWords.split(whereSeparator: \.isNewline).joined(separator: " / ")
        return "\(host): \(step.rawValue): \(message)" + (words.isEmpty ? "" : " It said: \(words)")
    }
}
