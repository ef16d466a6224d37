import CRdkafka

/// How a user of SCRAM proves the password. Of `rd_kafka_ScramMechanism_t`.
public enum ScramMechanism: UInt32, Sendable {
    case unknown = 0
    case sha256 = 1
    case sha512 = 2
}

/// What the cluster keeps of a user's password.
public struct ScramCredential: Sendable {
    public let mechanism: ScramMechanism
    public let iterations: Int32

    public init(_ mechanism: ScramMechanism, iterations: Int32) {
        self.mechanism = mechanism
        self.iterations = iterations
    }
}

/// A user of SCRAM.
public struct ScramUser: Sendable {
    public let name: String
    public let credentials: [ScramCredential]
}

/// What is to become of a user's credential.
public enum ScramAlteration: Sendable {
    /// It is made, or replaced. Without a salt librdkafka makes one.
    case upsert(user: String, ScramCredential, password: [UInt8], salt: [UInt8]?)
    case delete(user: String, ScramMechanism)

    public var user: String {
        switch self {
        case .upsert(let user, _, _, _): user
        case .delete(let user, _): user
        }
    }
}

extension Admin {
    /// Asks which credentials users have; each has an end of its own, in their order. All users that have any where `users` is
    /// nil.
    ///
    /// - Throws: `_NOT_IMPLEMENTED` with librdkafka before 2.2.0.
    /// - Note: `rd_kafka_DescribeUserScramCredentials`.
    public func describeScramUsers(
        _ users: [String]?, options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[Result<ScramUser, StreamsError>]>
    ) throws(StreamsError) {
        let describe = try Symbols.Access.describeUserScramCredentials.required
        let reader = try ScramUserReader()
        let read = { [self] (event: OpaquePointer) in
            let found = reader.read(event, of: self)
            guard let users else { return found.map { $0.result } }
            return users.map { user in
                found.first { $0.user == user }?.result ?? .failure(Self.noAnswer(ofUser: user))
            }
        }
        try withCStrings(users ?? []) { (raw, count) throws(StreamsError) in
            try request(
                .describeUserScramCredentials, options, wanting: "Describe", then: complete, reading: read
            ) { options, queue in
                describe(handle, users == nil ? nil : raw, count, options, queue)
            }
        }
    }

    /// Makes, replaces and deletes credentials; each user has an end of its own, in the order in which they come first.
    ///
    /// - Throws: `_NOT_IMPLEMENTED` with librdkafka before 2.2.0.
    /// - Note: `rd_kafka_AlterUserScramCredentials`.
    public func alterScramUsers(
        _ alterations: [ScramAlteration], options: AdminOptions = AdminOptions(),
        then complete: @escaping AdminCompletion<[Result<Void, StreamsError>]>
    ) throws(StreamsError) {
        let alter = try Symbols.Access.alterUserScramCredentials.required
        let upsertion = try Symbols.Access.userScramCredentialUpsertionNew.required
        let deletion = try Symbols.Access.userScramCredentialDeletionNew.required
        let destroy = try Symbols.Access.userScramCredentialAlterationDestroy.required
        let result = try Symbols.Access.alterUserScramCredentialsResult.required
        let responses = try Symbols.Access.alterUserScramCredentialsResultResponses.required
        let name = try Symbols.Access.alterUserScramCredentialsResultResponseUser.required
        let error = try Symbols.Access.alterUserScramCredentialsResultResponseError.required
        var objects = AdminObjects(destroyedBy: { destroy($0) })
        var users: [String] = []
        for alteration in alterations {
            if !users.contains(alteration.user) { users.append(alteration.user) }
            let object =
                switch alteration {
                case .upsert(let user, let credential, let password, let salt):
                    upsertion(
                        user, rd_kafka_ScramMechanism_t(credential.mechanism.rawValue), credential.iterations, password,
                        password.count, salt, salt?.count ?? 0)
                case .delete(let user, let mechanism):
                    deletion(user, rd_kafka_ScramMechanism_t(mechanism.rawValue))
                }
            guard let object else { throw StreamsError(.invalidArgument, reason: "user \"\(alteration.user)\"") }
            objects.add(object)
        }
        let read = { [self, users] (event: OpaquePointer) in
            var count = 0
            let found = responses(result(event), &count)
            return users.map { user -> Result<Void, StreamsError> in
                for index in 0..<count where String(optional: name(found?[index])) == user {
                    guard let failure = StreamsError(of: error(found?[index])) else { return .success(()) }
                    return .failure(explained(failure, ofClusterWanting: "Alter").followed(by: "user \"\(user)\""))
                }
                return .failure(Self.noAnswer(ofUser: user))
            }
        }
        try objects.withRaw { raw, count throws(StreamsError) in
            try request(.alterUserScramCredentials, options, then: complete, reading: read) { options, queue in
                alter(handle, raw, count, options, queue)
            }
        }
    }

    private static func noAnswer(ofUser user: String) -> StreamsError {
        StreamsError(.fail, reason: "the brokers have not answered for user \"\(user)\"")
    }
}

extension rd_kafka_admin_op_t {
    // What the header of an older librdkafka does not name.
    static var describeUserScramCredentials: rd_kafka_admin_op_t { rd_kafka_admin_op_t(17) }
    static var alterUserScramCredentials: rd_kafka_admin_op_t { rd_kafka_admin_op_t(18) }
}

/// The functions that read what users have.
private struct ScramUserReader {
    private let result: rdk_rd_kafka_event_DescribeUserScramCredentials_result
    private let descriptions: rdk_rd_kafka_DescribeUserScramCredentials_result_descriptions
    private let name: rdk_rd_kafka_UserScramCredentialsDescription_user
    private let error: rdk_rd_kafka_UserScramCredentialsDescription_error
    private let count: rdk_rd_kafka_UserScramCredentialsDescription_scramcredentialinfo_count
    private let credential: rdk_rd_kafka_UserScramCredentialsDescription_scramcredentialinfo
    private let mechanism: rdk_rd_kafka_ScramCredentialInfo_mechanism
    private let iterations: rdk_rd_kafka_ScramCredentialInfo_iterations

    init() throws(StreamsError) {
        result = try Symbols.Access.describeUserScramCredentialsResult.required
        descriptions = try Symbols.Access.describeUserScramCredentialsResultDescriptions.required
        name = try Symbols.Access.userScramCredentialsDescriptionUser.required
        error = try Symbols.Access.userScramCredentialsDescriptionError.required
        count = try Symbols.Access.userScramCredentialsDescriptionInfoCount.required
        credential = try Symbols.Access.userScramCredentialsDescriptionInfo.required
        mechanism = try Symbols.Access.scramCredentialInfoMechanism.required
        iterations = try Symbols.Access.scramCredentialInfoIterations.required
    }

    func read(
        _ event: OpaquePointer, of admin: Admin
    ) -> [(user: String, result: Result<ScramUser, StreamsError>)] {
        var userCount = 0
        guard let found = descriptions(result(event), &userCount) else { return [] }
        return (0..<userCount).map { index in
            let description = found[index]
            let user = String(optional: name(description)) ?? ""
            if let failure = StreamsError(of: error(description)) {
                let explained = admin.explained(failure, ofClusterWanting: "Describe")
                return (user, .failure(explained.followed(by: "user \"\(user)\"")))
            }
            let credentials = (0..<count(description)).map { place in
                let found = credential(description, place)
                return ScramCredential(
                    ScramMechanism(rawValue: mechanism(found).rawValue) ?? .unknown, iterations: iterations(found))
            }
            return (user, .success(ScramUser(name: user, credentials: credentials)))
        }
    }
}
