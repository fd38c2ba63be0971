//! Tables of both engines, as the migrations make them; `tests/api/db_parity.rs` holds the three together.

diesel::table! {
    events (id) {
        id -> Text,
        position -> Nullable<BigInt>,
        record_kind -> Text,
        record_id -> Text,
        record_version -> BigInt,
        kind -> Text,
        audience -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<Text>,
        actor_label -> Text,
        params -> Text,
        occurred_at -> Timestamp,
        created_at -> Timestamp,
        words -> Nullable<Text>,
    }
}

diesel::table! {
    event_listeners (record_id, client_id) {
        record_id -> Text,
        client_id -> Text,
    }
}

diesel::table! {
    idempotency_keys (scope) {
        scope -> Text,
        digest -> Text,
        status -> Integer,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    number_blocks (name) {
        name -> Text,
        next_value -> BigInt,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    audit_log (id) {
        id -> Text,
        actor_id -> Text,
        action -> Text,
        record_kind -> Text,
        record_id -> Text,
        reason -> Text,
        detail -> Text,
        request_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    epochs (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    settings (node, name) {
        node -> Text,
        name -> Text,
        value -> Text,
        version -> BigInt,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    lookup_failures (mark, hour) {
        mark -> Text,
        hour -> BigInt,
        failures -> Integer,
    }
}

diesel::table! {
    access (record_id, subject) {
        record_id -> Text,
        subject -> Text,
        kind -> Text,
        state -> Text,
        masked -> Bool,
        due_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    users (id) {
        id -> Text,
        login -> Text,
        password_hash -> Text,
        display_name -> Text,
        title -> Text,
        phone -> Nullable<Text>,
        employment -> Text,
        center_id -> Nullable<Text>,
        applicant_id -> Nullable<Text>,
        status -> Text,
        failures -> Integer,
        locked_until -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mandate_id -> Nullable<Text>,
    }
}

diesel::table! {
    grants (id) {
        id -> Text,
        user_id -> Text,
        role -> Text,
        node_kind -> Text,
        node_id -> Text,
        state -> Text,
        reason -> Text,
        proposed_by -> Text,
        decided_by -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    clients (id) {
        id -> Text,
        client_id -> Text,
        secret_hash -> Text,
        name -> Text,
        kind -> Text,
        center_id -> Nullable<Text>,
        status -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        generation -> BigInt,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Text,
        family -> Text,
        user_id -> Text,
        client -> Text,
        expires_at -> Timestamp,
        used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    signing_keys (kid) {
        kid -> Text,
        algorithm -> Text,
        private_key -> Text,
        public_key -> Text,
        created_at -> Timestamp,
        retired_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    centers (id) {
        id -> Text,
        division_code -> Text,
        name -> Text,
        division_name -> Text,
        level -> Text,
        parent_id -> Nullable<Text>,
        path -> Text,
        phone -> Text,
        address -> Text,
        hours -> Text,
        status -> Text,
        folded -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    departments (id) {
        id -> Text,
        center_id -> Text,
        name -> Text,
        credit_code -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        phone -> Text,
    }
}

diesel::table! {
    calendar_years (year) {
        year -> Integer,
        rule -> Text,
        source -> Text,
        loaded_at -> Timestamp,
        recompute_after -> Nullable<Text>,
    }
}

diesel::table! {
    clocks (id) {
        id -> Text,
        record_kind -> Text,
        record_id -> Text,
        kind -> Text,
        limit_value -> Integer,
        limit_unit -> Text,
        state -> Text,
        started_at -> Timestamp,
        due_at -> Timestamp,
        warn_at -> Timestamp,
        next_at -> Timestamp,
        provisional -> Bool,
        pauses -> Text,
        warned_at -> Nullable<Timestamp>,
        breached_at -> Nullable<Timestamp>,
        stopped_at -> Nullable<Timestamp>,
        version -> BigInt,
        center_id -> Nullable<Text>,
        department_id -> Nullable<Text>,
    }
}

diesel::table! {
    service_items (id) {
        id -> Text,
        code -> Text,
        division_code -> Text,
        state -> Text,
        name -> Text,
        item_type -> Text,
        exercise_level -> Text,
        handling_type -> Text,
        department -> Text,
        theme -> Text,
        visits -> Nullable<Integer>,
        published_version -> Nullable<BigInt>,
        draft -> Nullable<Text>,
        published -> Nullable<Text>,
        published_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        review -> Nullable<Text>,
        effective_at -> Nullable<Timestamp>,
        bundle -> Bool,
    }
}

diesel::table! {
    service_item_versions (item_id, number) {
        item_id -> Text,
        number -> BigInt,
        content -> Text,
        published_by -> Text,
        published_at -> Timestamp,
    }
}

diesel::table! {
    applicants (id) {
        id -> Text,
        kind -> Text,
        name -> Text,
        person_name -> Nullable<Text>,
        name_mark -> Text,
        id_type -> Text,
        id_number -> Text,
        id_mark -> Text,
        division_code -> Nullable<Text>,
        address -> Nullable<Text>,
        flags -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        contacts -> Nullable<Text>,
        merged_into -> Nullable<Text>,
        former_names -> Nullable<Text>,
    }
}

diesel::table! {
    entrustments (id) {
        id -> Text,
        number -> Text,
        mode -> Text,
        state -> Text,
        channel -> Text,
        title -> Text,
        item_id -> Text,
        item_version -> BigInt,
        division_code -> Text,
        applicant_id -> Text,
        applicant_name -> Text,
        contact_name -> Text,
        contact_phone -> Text,
        phone_mark -> Text,
        custodian_id -> Text,
        intake_center_id -> Text,
        assignee_id -> Nullable<Text>,
        first_responder_id -> Nullable<Text>,
        due_at -> Timestamp,
        agreement_state -> Text,
        open_transfer_id -> Nullable<Text>,
        open_legs -> Integer,
        hand_overs -> Integer,
        reminders -> Integer,
        held_state -> Nullable<Text>,
        facts -> Text,
        received_on -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        mandate_id -> Nullable<Text>,
        priority -> Text,
        tags -> Text,
        window_id -> Nullable<Text>,
        hand_out_state -> Nullable<Text>,
        contact_mark -> Nullable<Text>,
    }
}

diesel::table! {
    agreements (id) {
        id -> Text,
        entrustment_id -> Text,
        center_id -> Text,
        text -> Text,
        text_hash -> Text,
        state -> Text,
        signature -> Nullable<Text>,
        drafted_at -> Timestamp,
        signed_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    steps (id) {
        id -> Text,
        entrustment_id -> Text,
        code -> Text,
        sequence -> Integer,
        state -> Text,
        name -> Text,
        department -> Text,
        limit_value -> Integer,
        limit_unit -> Text,
        planned_start -> Nullable<Text>,
        planned_end -> Nullable<Text>,
        record -> Text,
        updated_at -> Timestamp,
        department_id -> Nullable<Text>,
    }
}

diesel::table! {
    materials (id) {
        id -> Text,
        entrustment_id -> Text,
        code -> Text,
        sequence -> Integer,
        state -> Text,
        name -> Text,
        record -> Text,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    one_time_notices (id) {
        id -> Text,
        entrustment_id -> Text,
        center_id -> Text,
        items -> Text,
        due_at -> Timestamp,
        issued_by -> Text,
        issued_at -> Timestamp,
    }
}

diesel::table! {
    custody (id) {
        id -> Text,
        entrustment_id -> Text,
        sequence -> Integer,
        center_id -> Text,
        cause -> Text,
        transfer_id -> Nullable<Text>,
        from_at -> Timestamp,
        to_at -> Nullable<Timestamp>,
        arbitration_id -> Nullable<Text>,
    }
}

diesel::table! {
    joint_handlings (id) {
        id -> Text,
        number -> Text,
        entrustment_id -> Text,
        from_center_id -> Text,
        to_center_id -> Text,
        department_id -> Nullable<Text>,
        assignee_id -> Nullable<Text>,
        arbitration_id -> Nullable<Text>,
        state -> Text,
        steps -> Text,
        record -> Text,
        answer_due_at -> Timestamp,
        due_at -> Timestamp,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    arbitrations (id) {
        id -> Text,
        number -> Text,
        entrustment_id -> Text,
        cause -> Text,
        joint_handling_id -> Nullable<Text>,
        state -> Text,
        authority -> Text,
        decider_id -> Text,
        parties -> Text,
        record -> Text,
        due_at -> Timestamp,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    transfers (id) {
        id -> Text,
        number -> Text,
        entrustment_id -> Text,
        from_center_id -> Text,
        to_center_id -> Text,
        state -> Text,
        record -> Text,
        due_at -> Timestamp,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    evaluations (id) {
        id -> Text,
        entrustment_id -> Nullable<Text>,
        number -> Text,
        title -> Text,
        center_id -> Text,
        staff_id -> Nullable<Text>,
        applicant_id -> Nullable<Text>,
        state -> Text,
        grade -> Nullable<Text>,
        channel -> Nullable<Text>,
        is_default -> Bool,
        is_named -> Bool,
        rating -> Nullable<Text>,
        due_at -> Timestamp,
        rated_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        round -> Integer,
        is_excluded -> Bool,
        excluded_why -> Nullable<Text>,
        follow_up_id -> Nullable<Text>,
        record_kind -> Text,
        record_id -> Text,
        window_id -> Nullable<Text>,
        platform_grade -> Nullable<Text>,
        staff_grade -> Nullable<Text>,
        phone -> Nullable<Text>,
        phone_mark -> Nullable<Text>,
        words_mark -> Nullable<Text>,
        remind_at -> Timestamp,
        suspicions -> Nullable<Text>,
    }
}

diesel::table! {
    attachments (id) {
        id -> Text,
        record_kind -> Nullable<Text>,
        record_id -> Nullable<Text>,
        label -> Nullable<Text>,
        state -> Text,
        name -> Text,
        media_type -> Text,
        size -> BigInt,
        sha256 -> Text,
        part_size -> Integer,
        parts -> Text,
        uploaded_by -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        bytes_of -> Nullable<Text>,
    }
}

diesel::table! {
    staff_profiles (user_id) {
        user_id -> Text,
        skills -> Text,
        capacity -> Integer,
        version -> BigInt,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    absences (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        from_at -> Timestamp,
        to_at -> Timestamp,
        deputy_id -> Nullable<Text>,
        note -> Text,
        state -> Text,
        recorded_by -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    windows (id) {
        id -> Text,
        center_id -> Text,
        kind -> Text,
        name -> Text,
        status -> Text,
        hours -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        staffing -> Nullable<Text>,
    }
}

diesel::table! {
    window_places (window_id, start_at) {
        window_id -> Text,
        start_at -> Timestamp,
        booked -> Integer,
    }
}

diesel::table! {
    appointments (id) {
        id -> Text,
        number -> Text,
        window_id -> Text,
        center_id -> Text,
        start_at -> Timestamp,
        end_at -> Timestamp,
        state -> Text,
        channel -> Text,
        applicant_id -> Nullable<Text>,
        contact_name -> Text,
        contact_phone -> Text,
        phone_mark -> Text,
        subject -> Text,
        entrustment_id -> Nullable<Text>,
        reminded_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        cancel_reason -> Nullable<Text>,
        client_id -> Nullable<Text>,
    }
}

diesel::table! {
    deputies (absence_id) {
        absence_id -> Text,
        principal_id -> Text,
        deputy_id -> Text,
        from_at -> Timestamp,
        to_at -> Timestamp,
    }
}

diesel::table! {
    mandates (id) {
        id -> Text,
        applicant_id -> Text,
        agent_name -> Text,
        agent_id_number -> Nullable<Text>,
        agent_phone -> Text,
        items -> Text,
        valid_from -> Text,
        valid_until -> Nullable<Text>,
        state -> Text,
        words -> Text,
        user_id -> Nullable<Text>,
        center_id -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    matter_links (from_id, to_id) {
        from_id -> Text,
        to_id -> Text,
        kind -> Text,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    watchers (entrustment_id, user_id) {
        entrustment_id -> Text,
        user_id -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    saved_filters (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        list -> Text,
        query -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    eligibility_rules (id) {
        id -> Text,
        center_id -> Text,
        number -> BigInt,
        effective_on -> Text,
        rules -> Text,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    precedents (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        division_code -> Text,
        state -> Text,
        public -> Bool,
        category -> Text,
        tier -> Nullable<Text>,
        ticket_id -> Nullable<Text>,
        draft -> Nullable<Text>,
        published -> Nullable<Text>,
        published_version -> Nullable<BigInt>,
        published_at -> Nullable<Timestamp>,
        record -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    precedent_terms (kind, value, precedent_id) {
        kind -> Text,
        value -> Text,
        precedent_id -> Text,
    }
}

diesel::table! {
    precedent_versions (precedent_id, number) {
        precedent_id -> Text,
        number -> BigInt,
        content -> Text,
        review -> Text,
        published_at -> Timestamp,
    }
}

diesel::table! {
    precedent_citations (id) {
        id -> Text,
        precedent_id -> Text,
        ticket_id -> Text,
        staff_id -> Nullable<Text>,
        words -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    precedent_promotions (id) {
        id -> Text,
        precedent_id -> Text,
        kind -> Text,
        item_id -> Nullable<Text>,
        state -> Text,
        record -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    forms (id) {
        id -> Text,
        number -> Text,
        kind -> Text,
        about_id -> Text,
        center_id -> Text,
        state -> Text,
        code -> Text,
        hash -> Text,
        sheet -> Text,
        record -> Text,
        issued_on -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        act -> Text,
        owners -> Text,
        root_id -> Text,
    }
}

diesel::table! {
    reminders (id) {
        id -> Text,
        number -> Text,
        entrustment_id -> Text,
        about -> Text,
        about_id -> Text,
        from_center_id -> Text,
        sent_by -> Nullable<Text>,
        to_center_id -> Text,
        to_department_id -> Nullable<Text>,
        to_user_id -> Nullable<Text>,
        state -> Text,
        record -> Text,
        due_at -> Timestamp,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    routing_rules (id) {
        id -> Text,
        center_id -> Text,
        number -> BigInt,
        effective_on -> Text,
        rules -> Text,
        created_by -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    home_visits (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        entrustment_id -> Nullable<Text>,
        applicant_id -> Nullable<Text>,
        reason -> Text,
        state -> Text,
        start_at -> Nullable<Timestamp>,
        end_at -> Nullable<Timestamp>,
        details -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    process_templates (id) {
        id -> Text,
        code -> Text,
        number -> BigInt,
        center_id -> Text,
        name -> Text,
        state -> Text,
        content -> Text,
        created_by -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    shifts (id) {
        id -> Text,
        center_id -> Text,
        user_id -> Text,
        post -> Text,
        start_at -> Timestamp,
        end_at -> Timestamp,
        created_by -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    courses (id) {
        id -> Text,
        center_id -> Text,
        title -> Text,
        kind -> Text,
        hours -> Integer,
        from_on -> Text,
        to_on -> Text,
        note -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    course_records (course_id, user_id) {
        course_id -> Text,
        user_id -> Text,
        result -> Text,
        score -> Nullable<Integer>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    projects (id) {
        id -> Text,
        number -> Text,
        code -> Nullable<Text>,
        name -> Text,
        folded -> Text,
        kinds -> Text,
        state -> Text,
        scheme -> Text,
        stage -> Text,
        center_id -> Text,
        division_code -> Text,
        applicant_id -> Text,
        manager_id -> Nullable<Text>,
        investment -> Nullable<BigInt>,
        cap_days -> Integer,
        used_days -> Integer,
        forecast_days -> Integer,
        warning -> Text,
        warned_at -> Nullable<Timestamp>,
        exceeded_at -> Nullable<Timestamp>,
        due_at -> Timestamp,
        check_at -> Timestamp,
        details -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    project_matters (entrustment_id) {
        entrustment_id -> Text,
        project_id -> Text,
        stage -> Text,
        attached_at -> Timestamp,
    }
}

diesel::table! {
    meetings (id) {
        id -> Text,
        number -> Text,
        kind -> Text,
        state -> Text,
        center_id -> Text,
        host_id -> Text,
        leader_id -> Nullable<Text>,
        applicant_id -> Nullable<Text>,
        starts_at -> Timestamp,
        ends_at -> Timestamp,
        details -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    meeting_matters (meeting_id, entrustment_id) {
        meeting_id -> Text,
        entrustment_id -> Text,
    }
}

diesel::table! {
    meeting_invitees (meeting_id, kind, party_id) {
        meeting_id -> Text,
        kind -> Text,
        party_id -> Text,
        pending -> Bool,
    }
}

diesel::table! {
    meeting_projects (meeting_id, project_id) {
        meeting_id -> Text,
        project_id -> Text,
    }
}

diesel::table! {
    meeting_tickets (meeting_id, ticket_id) {
        meeting_id -> Text,
        ticket_id -> Text,
    }
}

diesel::table! {
    resolutions (id) {
        id -> Text,
        number -> Text,
        meeting_id -> Text,
        entrustment_id -> Nullable<Text>,
        center_id -> Text,
        host_id -> Text,
        leader_id -> Nullable<Text>,
        agenda -> Integer,
        owner_kind -> Text,
        owner_id -> Text,
        state -> Text,
        details -> Text,
        due_at -> Timestamp,
        escalate_at -> Timestamp,
        escalated_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    fallback_tickets (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        channel -> Text,
        category -> Text,
        tier -> Nullable<Text>,
        state -> Text,
        round -> Integer,
        dissatisfied -> Integer,
        returns -> Integer,
        coordinated -> Bool,
        decided -> Bool,
        reform_led -> Bool,
        urgent -> Bool,
        confidential -> Bool,
        item_id -> Nullable<Text>,
        entrustment_id -> Nullable<Text>,
        first_responder_id -> Nullable<Text>,
        handler_id -> Nullable<Text>,
        lead_department_id -> Nullable<Text>,
        batch_id -> Nullable<Text>,
        merged_into_id -> Nullable<Text>,
        precedent_id -> Nullable<Text>,
        source_by -> Nullable<Text>,
        source -> Nullable<Text>,
        details -> Text,
        registered_on -> Text,
        due_at -> Timestamp,
        triaged_at -> Nullable<Timestamp>,
        cleared_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::table! {
    ticket_callers (id) {
        id -> Text,
        ticket_id -> Text,
        origin_id -> Text,
        applicant_id -> Nullable<Text>,
        name -> Text,
        phone -> Text,
        phone_mark -> Text,
        confidential -> Bool,
        withdrawn_at -> Nullable<Timestamp>,
        since -> Timestamp,
        name_mark -> Text,
    }
}
diesel::table! {
    ticket_departments (ticket_id, department_id) {
        ticket_id -> Text,
        department_id -> Text,
        sees -> Bool,
    }
}
diesel::table! {
    ticket_contacts (id) {
        id -> Text,
        ticket_id -> Text,
        caller_id -> Text,
        round -> Integer,
        purpose -> Text,
        outcome -> Text,
        way -> Text,
        staff_id -> Nullable<Text>,
        contacted_at -> Timestamp,
        words -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    assignment_sheets (id) {
        id -> Text,
        number -> Text,
        ticket_id -> Text,
        lead_id -> Nullable<Text>,
        center_id -> Text,
        department_id -> Text,
        round -> Integer,
        state -> Text,
        binding -> Bool,
        drafted_by -> Nullable<Text>,
        details -> Text,
        issued_at -> Nullable<Timestamp>,
        signed_in_at -> Nullable<Timestamp>,
        replied_at -> Nullable<Timestamp>,
        returned_at -> Nullable<Timestamp>,
        due_at -> Timestamp,
        extensions -> Integer,
        rungs -> Integer,
        rung_at -> Timestamp,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    ladder_rungs (id) {
        id -> Text,
        sheet_id -> Text,
        rung -> Text,
        center_id -> Text,
        department_id -> Text,
        state -> Text,
        due_at -> Timestamp,
        sheet_due_at -> Timestamp,
        decided_at -> Nullable<Timestamp>,
        lifted_at -> Nullable<Timestamp>,
        details -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    supervisions (id) {
        id -> Text,
        number -> Text,
        from_center_id -> Text,
        issued_by -> Nullable<Text>,
        to_center_id -> Text,
        to_department_id -> Nullable<Text>,
        about_kind -> Nullable<Text>,
        about_id -> Nullable<Text>,
        about_number -> Nullable<Text>,
        reason -> Text,
        state -> Text,
        follows_id -> Nullable<Text>,
        sent_back -> Integer,
        extensions -> Integer,
        record -> Text,
        due_at -> Timestamp,
        late -> Bool,
        answered_at -> Nullable<Timestamp>,
        closed_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    bulletins (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        first_month -> Text,
        last_month -> Text,
        state -> Text,
        is_public -> Bool,
        body -> Text,
        record -> Text,
        document_no -> Nullable<Text>,
        published_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    stat_periods (month) {
        month -> Integer,
        id -> Text,
        state -> Text,
        after -> Text,
        frozen_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    stat_frozen (record_id, month) {
        record_id -> Text,
        month -> Integer,
        body -> Text,
    }
}

diesel::table! {
    stat_adjustments (id) {
        id -> Text,
        month -> Integer,
        record_kind -> Text,
        record_id -> Text,
        state -> Text,
        body -> Text,
        entry -> Text,
        proposed_by -> Nullable<Text>,
        settled_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    open_comments (id) {
        id -> Text,
        evaluation_id -> Nullable<Text>,
        number -> Text,
        title -> Text,
        center_id -> Text,
        item_id -> Nullable<Text>,
        grade -> Nullable<Text>,
        text -> Text,
        tags -> Text,
        tagged_by -> Nullable<Text>,
        rated_at -> Timestamp,
        withheld_from -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        source -> Text,
        department_id -> Nullable<Text>,
        recorded_by -> Nullable<Text>,
        recorded_center_id -> Nullable<Text>,
        withdrawn_at -> Nullable<Timestamp>,
        withdrawn_why -> Nullable<Text>,
    }
}

diesel::table! {
    open_comment_tags (tag, rated_on, comment_id) {
        tag -> Text,
        rated_on -> Text,
        comment_id -> Text,
        center_id -> Text,
        item_id -> Nullable<Text>,
        is_bad -> Bool,
        source -> Text,
    }
}

diesel::table! {
    reporting_targets (id) {
        id -> Text,
        center_id -> Text,
        state -> Text,
        settings -> Text,
        pushes -> Bool,
        position -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    reporting_batches (id) {
        id -> Text,
        number -> Text,
        target_id -> Text,
        kind -> Text,
        state -> Text,
        row_count -> Integer,
        payload -> Text,
        attempts -> Integer,
        next_at -> Timestamp,
        last_error -> Nullable<Text>,
        sent_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    consultations (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        intake_center_id -> Text,
        window_id -> Nullable<Text>,
        channel -> Text,
        theme -> Text,
        state -> Text,
        round -> Integer,
        applicant_id -> Nullable<Text>,
        name -> Nullable<Text>,
        phone -> Nullable<Text>,
        name_mark -> Nullable<Text>,
        phone_mark -> Nullable<Text>,
        confidential -> Bool,
        item_id -> Nullable<Text>,
        items -> Text,
        first_responder_id -> Nullable<Text>,
        assignee_id -> Nullable<Text>,
        answered_by -> Nullable<Text>,
        hand_overs -> Integer,
        returns -> Integer,
        offered_to_id -> Nullable<Text>,
        source_by -> Nullable<Text>,
        source -> Nullable<Text>,
        details -> Text,
        received_on -> Text,
        due_at -> Timestamp,
        closes_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
        ended_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    consultation_transfers (id) {
        id -> Text,
        consultation_id -> Text,
        from_center_id -> Text,
        to_center_id -> Text,
        state -> Text,
        words -> Text,
        offered_by -> Nullable<Text>,
        created_at -> Timestamp,
        answered_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    consultation_links (consultation_id, record_id) {
        consultation_id -> Text,
        record_kind -> Text,
        record_id -> Text,
        number -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    knowledge_articles (id) {
        id -> Text,
        number -> Text,
        kind -> Text,
        center_id -> Text,
        path -> Text,
        department_id -> Nullable<Text>,
        owner_id -> Nullable<Text>,
        state -> Text,
        live -> Bool,
        visibility -> Text,
        title -> Text,
        summary -> Text,
        draft -> Nullable<Text>,
        published -> Nullable<Text>,
        published_version -> Nullable<BigInt>,
        published_at -> Nullable<Timestamp>,
        valid_from -> Text,
        valid_until -> Text,
        precedent_id -> Nullable<Text>,
        consultation_id -> Nullable<Text>,
        item_id -> Nullable<Text>,
        record -> Text,
        uses -> BigInt,
        useful -> BigInt,
        open_feedback -> Integer,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    knowledge_versions (article_id, number) {
        article_id -> Text,
        number -> BigInt,
        content -> Text,
        review -> Text,
        published_at -> Timestamp,
    }
}

diesel::table! {
    knowledge_items (item_id, article_id) {
        item_id -> Text,
        article_id -> Text,
    }
}

diesel::table! {
    knowledge_terms (token, article_id) {
        token -> Text,
        article_id -> Text,
        weight -> Integer,
    }
}

diesel::table! {
    knowledge_feedback (id) {
        id -> Text,
        article_id -> Text,
        article_version -> BigInt,
        kind -> Text,
        state -> Text,
        words -> Text,
        given_by -> Nullable<Text>,
        answered_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    knowledge_citations (consultation_id, article_id) {
        consultation_id -> Text,
        article_id -> Text,
        article_version -> BigInt,
        staff_id -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    hotline_orders,
    hotline_intakes,
    hotline_links,
    hotline_mappings,
    webhooks,
    webhook_deliveries,
    knowledge_articles,
    knowledge_items,
    reporting_targets,
    reporting_batches,
    open_comments,
    open_comment_tags,
    stat_periods,
    stat_frozen,
    stat_adjustments,
    bulletins,
    supervisions,
    assignment_sheets,
    ladder_rungs,
    precedents,
    precedent_terms,
    precedent_versions,
    precedent_citations,
    precedent_promotions,
    fallback_tickets,
    ticket_callers,
    ticket_departments,
    ticket_contacts,
    meetings,
    meeting_invitees,
    meeting_matters,
    meeting_projects,
    meeting_tickets,
    resolutions,
    shifts,
    courses,
    course_records,
    process_templates,
    home_visits,
    projects,
    project_matters,
    eligibility_rules,
    routing_rules,
    reminders,
    forms,
    mandates,
    matter_links,
    watchers,
    saved_filters,
    windows,
    window_places,
    appointments,
    deputies,
    staff_profiles,
    absences,
    events,
    idempotency_keys,
    number_blocks,
    leases,
    audit_log,
    epochs,
    settings,
    lookup_failures,
    access,
    users,
    grants,
    clients,
    refresh_tokens,
    signing_keys,
    centers,
    departments,
    attachments,
    calendar_years,
    clocks,
    service_items,
    service_item_versions,
    applicants,
    entrustments,
    agreements,
    steps,
    materials,
    one_time_notices,
    custody,
    transfers,
    joint_handlings,
    arbitrations,
    evaluations,
);

diesel::table! {
    exports (id) {
        id -> Text,
        ledger -> Text,
        form -> Text,
        state -> Text,
        ordered -> Text,
        requested_by -> Text,
        rows -> BigInt,
        attempts -> Integer,
        leased_until -> Timestamp,
        attachment_id -> Nullable<Text>,
        failure -> Nullable<Text>,
        expires_at -> Timestamp,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}
diesel::allow_columns_to_appear_in_same_group_by_clause!(fallback_tickets::center_id, ticket_departments::department_id);
diesel::allow_columns_to_appear_in_same_group_by_clause!(fallback_tickets::center_id, ticket_contacts::outcome);

diesel::table! {
    ticket_batches (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        month -> Text,
        state -> Text,
        details -> Text,
        due_at -> Timestamp,
        submitted_at -> Nullable<Timestamp>,
        decided_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    ticket_batch_items (batch_id, ticket_id) {
        batch_id -> Text,
        ticket_id -> Text,
        decision -> Nullable<Text>,
        decided_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    return_visits (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        ticket_id -> Nullable<Text>,
        caller_id -> Nullable<Text>,
        round -> Integer,
        reason -> Text,
        state -> Text,
        attempts -> Integer,
        last_attempt_on -> Nullable<Text>,
        details -> Text,
        due_at -> Timestamp,
        visited_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        entrustment_id -> Nullable<Text>,
    }
}

diesel::table! {
    follow_ups (id) {
        id -> Text,
        number -> Text,
        evaluation_id -> Text,
        second_evaluation_id -> Nullable<Text>,
        entrustment_id -> Nullable<Text>,
        center_id -> Text,
        staff_id -> Nullable<Text>,
        applicant_id -> Nullable<Text>,
        grade -> Text,
        is_named -> Bool,
        state -> Text,
        round -> Integer,
        is_complex -> Bool,
        verdict -> Nullable<Text>,
        measure -> Nullable<Text>,
        appeal -> Nullable<Text>,
        attempts -> Integer,
        last_attempt_on -> Nullable<Text>,
        fix_due_on -> Nullable<Text>,
        handler_id -> Nullable<Text>,
        authority -> Nullable<Text>,
        decider_id -> Nullable<Text>,
        details -> Text,
        due_at -> Timestamp,
        closed_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        record_kind -> Text,
        record_id -> Text,
    }
}

diesel::table! {
    service_occasions (id) {
        id -> Text,
        number -> Text,
        source_by -> Text,
        service_no -> Text,
        digest -> Text,
        kind -> Text,
        center_id -> Text,
        department_id -> Nullable<Text>,
        window_id -> Nullable<Text>,
        staff_id -> Nullable<Text>,
        item_id -> Nullable<Text>,
        title -> Text,
        served_at -> Timestamp,
        applicant_id -> Nullable<Text>,
        name -> Nullable<Text>,
        phone -> Nullable<Text>,
        client_id -> Nullable<Text>,
        recorded_by -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    rating_devices (id) {
        id -> Text,
        center_id -> Text,
        window_id -> Nullable<Text>,
        name -> Text,
        token_hash -> Text,
        state -> Text,
        registered_by -> Nullable<Text>,
        revoked_at -> Nullable<Timestamp>,
        presented_id -> Nullable<Text>,
        presented_until -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    evaluation_codes (evaluation_id) {
        evaluation_id -> Text,
        code_mark -> Text,
        tries -> Integer,
        message -> Text,
        sent_at -> Nullable<Timestamp>,
        made_at -> Timestamp,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    stat_keys (id) {
        id -> Integer,
        kind -> Text,
        value -> Text,
    }
}

diesel::table! {
    stat_facts (record_id) {
        record_id -> Text,
        kind -> Text,
        body -> Text,
    }
}

diesel::table! {
    stat_rollups (slice, node, measure, period, level, item, channel, mode, department) {
        slice -> Integer,
        node -> Integer,
        measure -> Integer,
        period -> Integer,
        level -> Integer,
        item -> Integer,
        channel -> Integer,
        mode -> Integer,
        department -> Integer,
        n -> BigInt,
    }
}

diesel::table! {
    stat_traces (node, own, record_id) {
        node -> Integer,
        own -> Bool,
        record_id -> Text,
        first_day -> Integer,
        last_day -> Integer,
        low -> BigInt,
        high -> BigInt,
    }
}

diesel::table! {
    assessment_schemes (id) {
        id -> Text,
        center_id -> Text,
        name -> Text,
        subject_kind -> Text,
        level -> Nullable<Text>,
        state -> Text,
        number -> BigInt,
        draft -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    assessment_scheme_versions (scheme_id, number) {
        scheme_id -> Text,
        number -> BigInt,
        content -> Text,
        published_at -> Timestamp,
    }
}

diesel::table! {
    assessments (id) {
        id -> Text,
        number -> Text,
        center_id -> Text,
        scheme_id -> Text,
        scheme_number -> BigInt,
        subject_kind -> Text,
        from_on -> Text,
        to_on -> Text,
        state -> Text,
        created_by -> Nullable<Text>,
        as_of -> Nullable<Timestamp>,
        objection_due_at -> Timestamp,
        kept -> Text,
        frozen_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    assessment_subjects (id) {
        id -> Text,
        assessment_id -> Text,
        subject_id -> Text,
        center_id -> Text,
        name -> Text,
        pending -> Bool,
        figures -> Text,
        score -> Nullable<BigInt>,
        total -> Nullable<BigInt>,
        rank -> Integer,
        grade -> Nullable<Text>,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    assessment_entries (id) {
        id -> Text,
        assessment_id -> Text,
        subject_row -> Text,
        kind -> Text,
        state -> Text,
        line -> Nullable<Text>,
        delta -> BigInt,
        numerator -> Nullable<BigInt>,
        denominator -> Nullable<BigInt>,
        words -> Text,
        entered_by -> Nullable<Text>,
        confirmed_by -> Nullable<Text>,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    assessment_objections (id) {
        id -> Text,
        assessment_id -> Text,
        subject_row -> Text,
        line -> Text,
        state -> Text,
        words -> Text,
        raised_by -> Nullable<Text>,
        decided_by -> Nullable<Text>,
        entry_id -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    assessment_records (subject_row, line, side, record_id) {
        subject_row -> Text,
        line -> Text,
        side -> Text,
        record_id -> Text,
        kind -> Text,
        number -> Text,
        count -> BigInt,
    }
}

diesel::table! {
    stat_progress (id) {
        id -> Text,
        position -> BigInt,
        rebuilding -> Bool,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Text,
        client_id -> Nullable<Text>,
        center_id -> Nullable<Text>,
        filters -> Text,
        sealed -> Text,
        state -> Text,
        reason -> Nullable<Text>,
        after_dead -> Text,
        position -> BigInt,
        replay_to -> BigInt,
        failures -> Integer,
        failing_since -> Nullable<Timestamp>,
        resume_at -> Timestamp,
        last_ms -> Integer,
        trouble -> Integer,
        last_success_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Text,
        webhook_id -> Text,
        event_id -> Text,
        position -> BigInt,
        record_id -> Text,
        kind -> Text,
        state -> Text,
        attempts -> Integer,
        first_at -> Nullable<Timestamp>,
        next_at -> Timestamp,
        not_before -> Nullable<Timestamp>,
        leased_until -> Timestamp,
        last_status -> Nullable<Integer>,
        last_error -> Nullable<Text>,
        last_ms -> Nullable<Integer>,
        sent_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    client_settings (client_id) {
        client_id -> Text,
        settings -> Text,
        pending -> Nullable<Text>,
        proposed_by -> Nullable<Text>,
        approved_by -> Nullable<Text>,
        former_hash -> Nullable<Text>,
        former_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    identity_providers (id) {
        id -> Text,
        name -> Text,
        kind -> Text,
        status -> Text,
        settings -> Text,
        pending -> Nullable<Text>,
        proposed_by -> Nullable<Text>,
        approved_by -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    login_attempts (state_mark) {
        state_mark -> Text,
        provider_id -> Text,
        client_id -> Text,
        words -> Text,
        code_mark -> Nullable<Text>,
        identity -> Nullable<Text>,
        used_at -> Nullable<Timestamp>,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    used_assertions (mark) {
        mark -> Text,
        expires_at -> Timestamp,
    }
}

diesel::table! {
    client_usage (client_id, hour, operation) {
        client_id -> Text,
        hour -> BigInt,
        operation -> Text,
        requests -> BigInt,
        limited -> BigInt,
        charged -> BigInt,
        succeeded -> BigInt,
        refused -> BigInt,
        failed -> BigInt,
        b0 -> BigInt,
        b1 -> BigInt,
        b2 -> BigInt,
        b3 -> BigInt,
        b4 -> BigInt,
        b5 -> BigInt,
        b6 -> BigInt,
        b7 -> BigInt,
        b8 -> BigInt,
        b9 -> BigInt,
        b10 -> BigInt,
        last_at -> Timestamp,
    }
}

diesel::table! {
    client_usage_codes (client_id, hour, operation, code) {
        client_id -> Text,
        hour -> BigInt,
        operation -> Text,
        code -> Text,
        requests -> BigInt,
    }
}

diesel::table! {
    notice_templates (id) {
        id -> Text,
        kind -> Text,
        center_id -> Nullable<Text>,
        node -> Text,
        number -> Integer,
        status -> Text,
        content -> Text,
        author -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    notices (id) {
        id -> Text,
        source -> Text,
        kind -> Text,
        channel -> Text,
        state -> Text,
        recipient -> Text,
        applicant_id -> Nullable<Text>,
        user_id -> Nullable<Text>,
        center_id -> Nullable<Text>,
        record_kind -> Text,
        record_id -> Text,
        words -> Text,
        urgent -> Bool,
        attempts -> Integer,
        next_at -> Timestamp,
        expires_at -> Timestamp,
        last_error -> Nullable<Text>,
        sent_at -> Nullable<Timestamp>,
        read_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    notice_opt_outs (recipient, channel) {
        recipient -> Text,
        channel -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    notice_progress (id) {
        id -> Integer,
        position -> BigInt,
    }
}

diesel::table! {
    hotline_orders (id) {
        id -> Text,
        number -> Text,
        client_id -> Nullable<Text>,
        source_by -> Text,
        external_number -> Text,
        home_center_id -> Text,
        center_id -> Text,
        department_id -> Nullable<Text>,
        mapping_number -> Nullable<Integer>,
        order_type -> Text,
        category -> Text,
        urgency -> Text,
        secrecy -> Text,
        channel -> Text,
        disposal -> Text,
        state -> Text,
        held_state -> Nullable<Text>,
        round -> Integer,
        unmapped -> Bool,
        anonymous -> Bool,
        supervised -> Bool,
        needs_visit -> Bool,
        returns -> Integer,
        extensions -> Integer,
        urged -> Integer,
        merged_into_id -> Nullable<Text>,
        assignee_id -> Nullable<Text>,
        first_responder_id -> Nullable<Text>,
        appeal -> Text,
        contacted -> Nullable<Bool>,
        responded -> Nullable<Bool>,
        resolved -> Nullable<Bool>,
        first_resolved -> Nullable<Bool>,
        hotline_grade -> Nullable<Text>,
        department_grade -> Nullable<Text>,
        visited_at -> Nullable<Timestamp>,
        phone_mark -> Nullable<Text>,
        name_mark -> Nullable<Text>,
        service_code -> Nullable<Text>,
        received_on -> Text,
        details -> Text,
        due_at -> Timestamp,
        signed_at -> Nullable<Timestamp>,
        replied_at -> Nullable<Timestamp>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    hotline_intakes (id) {
        id -> Text,
        source_by -> Text,
        external_number -> Text,
        round -> Integer,
        order_id -> Text,
        digest -> Text,
        content_at -> Timestamp,
        created_at -> Timestamp,
    }
}

diesel::table! {
    hotline_links (id) {
        id -> Text,
        order_id -> Text,
        kind -> Text,
        record_id -> Text,
        record_number -> Text,
        round -> Integer,
        created_at -> Timestamp,
    }
}

diesel::table! {
    hotline_mappings (id) {
        id -> Text,
        client_id -> Text,
        number -> Integer,
        content -> Text,
        note -> Text,
        made_by -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    open311_keys (id) {
        id -> Text,
        client_id -> Text,
        key_hash -> Text,
        state -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    open311_updates (id) {
        id -> Text,
        client_id -> Text,
        update_id -> Text,
        order_id -> Text,
        details -> Text,
        created_at -> Timestamp,
    }
}
