#version 330 core
// Key, fill and hemisphere light with a rim, in camera space and display-sRGB; the numbers come from viewer/looks.py.
// Lit per vertex: a head has more vertices than its light has detail, and it costs a third of lighting each pixel.
// pyrender replaces the *_LOC names by the attribute locations of its vertex buffer.

layout(location = 0) in vec3 position;
layout(location = NORMAL_LOC) in vec3 normal;
layout(location = COLOR_0_LOC) in vec4 color_0;   // rgb = the head's own colour, a = openness (ambient occlusion)

uniform mat4 V;
uniform mat4 P;
uniform float back;            // 1 while back faces are drawn
uniform vec3 albedo;
uniform float vertex_colors;   // 1 = the head's own colours instead of albedo
uniform vec3 sky_color, ground_color;
uniform vec3 key_color, key_direction, key_wrap;
uniform vec3 fill_color, fill_direction;
uniform float bounce, inside, specular, rim;

out vec3 lit;
out vec3 view_normal;
out float gloss;

void main()
{
    vec4 p = V * vec4(position, 1.0);
    vec3 n = mat3(V) * normal;
    float open = color_0.a;
    vec3 base = mix(albedo, color_0.rgb, vertex_colors);

    vec3 key = clamp((dot(n, key_direction) + key_wrap) / (1.0 + key_wrap), 0.0, 1.0);
    float fill = max(dot(n, fill_direction), 0.0);
    vec3 ambient = mix(ground_color, sky_color, 0.5 + 0.5 * n.y);
    // What a crevice loses of the light comes back in part from its own walls, in their colour.
    vec3 reach = open + (1.0 - open) * bounce * base;
    vec3 light = reach * (ambient + fill * fill_color + mix(0.6, 1.0, open) * key * key_color);
    float graze = 1.0 - max(dot(n, normalize(-p.xyz)), 0.0);
    float edge = rim * open * graze * graze * graze;

    lit = mix(base * (light + edge) + 0.25 * edge, base * inside, back);
    view_normal = n;
    gloss = specular * open * (1.0 - back);
    gl_Position = P * p;
}
